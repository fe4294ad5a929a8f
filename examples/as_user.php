<?php

/**
 * Lets a queue worker dispatch, though its user cannot read the key: PHP starts as root and reads the key, and before the first line of the
 * app it goes on as the user of the web server, for good. A systemd unit, without User=:
 *
 *     [Service]
 *     Environment=RUN_AS=www-data
 *     WorkingDirectory=/srv/shop
 *     ExecStart=/usr/bin/php /usr/local/lib/secure_dispatch/as_user.php artisan queue:work
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

// The app's script, opened only now: root would follow a link of the app's to wherever it leads. It finds what it would find without this one.
$argv = array_slice($argv ?? [], 1);
$argc = count($argv);
$script = realpath($argv[0] ?? '-');
if ($script === false) {
    throw new RuntimeException('the app has no such script');
}
$_SERVER = ['argv' => $argv, 'argc' => $argc] + array_fill_keys(['PHP_SELF', 'SCRIPT_NAME', 'SCRIPT_FILENAME', 'PATH_TRANSLATED'], $script) + $_SERVER;
require $script;
