--TEST--
Key in the environment alone: php-fpm reloads twice, Apache restarts gracefully twice; orders still go out, and still nothing is readable
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
$look = <<<'PHP'
    require_once HARNESS . '/scan.inc';
    phpinfo(INFO_ENVIRONMENT | INFO_VARIABLES);
    print_r([getenv(), get_cfg_var('secure_dispatch.api_key')]);
    foreach (processes() as $pid) {
        echo @file_get_contents("/proc/$pid/environ"), @file_get_contents("/proc/$pid/cmdline");
        print_r(scan($pid, '/k3y-[0-9a-f]{32}/'));
    }
    echo shell_exec('env; cat /proc/self/environ; for fd in /proc/[0-9]*/fd/*; do case $(readlink $fd) in *secret*|*memfd*) cat $fd;; esac; done 2>&1');
    PHP;
foreach ([1, 2] as $times) {
    heist($look, 'environment', ['fpm', 'fpm rootless', 'apache'], between: function (Stage $stage) use ($times) {
        for ($i = 0; $i < $times; $i++) {
            $stage->server->restart();
        }
    });
}
// As a daemon, where php-fpm's master is a child of the process that started PHP.
$stage = new Stage('fpm', getenv('EXTENSION'), 'environment', [], ['daemonize' => 'yes']);
foreach (['before', 'after a reload', 'after another'] as $when) {
    echo "daemon, $when: ", $stage->perform($look), "\n";
    $stage->server->restart();
}
// Among php-fpm's arguments, from where it was erased, it is lost, as the warning says.
$stage = new Stage('fpm', getenv('EXTENSION'), 'arguments');
echo 'php-fpm -d: ', $stage->perform($look), '; after a reload: ';
$stage->server->restart();
echo $stage->run('<?php try { secure_dispatch_order([1]); } catch (SecureDispatch\Exception\ConfigurationException) { echo "no key"; }'), "\n";
?>
--EXPECT--
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
daemon, before: nothing found, dispatched
daemon, after a reload: nothing found, dispatched
daemon, after another: nothing found, dispatched
php-fpm -d: nothing found, dispatched; after a reload: no key
