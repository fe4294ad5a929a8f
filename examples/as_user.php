<?php

/**
 * Lets a queue worker dispatch, though its user cannot read the key: PHP starts as root and reads the key, and before the first line of the
 * app it goes on as the user of the web server, for good. A systemd unit, without User=:
 *
 *     [Service]
 *     Environment=RUN_AS=www-data
 *     WorkingDirectory=/srv/shop
 *     ExecStart=/usr/bin/php -d auto_prepend_file=/usr/local/lib/secure_dispatch/as_user.php artisan queue:work
 *     Restart=always
 *
 * This file must be root's alone to write, and php.ini with what it loads as well. Programs that the worker starts (queue:listen, Horizon's
 * workers) have no key. Needs PHP's extension posix.
 */

declare(strict_types=1);

(static function (): void {
    $user = posix_getpwnam((string) getenv('RUN_AS'));
    if ($user === false || $user['uid'] === 0) {
        throw new RuntimeException('RUN_AS names no user of this system, or root');
    }
    if (
        !posix_initgroups($user['name'], $user['gid'])
        || !posix_setgid($user['gid'])
        || !posix_setuid($user['uid'])
        || posix_setuid(0)
    ) {
        throw new RuntimeException("cannot become {$user['name']}; only root can");
    }
    putenv("HOME={$user['dir']}");
})();
