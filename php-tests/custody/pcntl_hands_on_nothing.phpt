--TEST--
pcntl_fork() and pcntl_exec(): children dispatch and find nothing; a program that replaces PHP inherits nothing, and one that needs the key has to be given it
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); function_exists('pcntl_exec') || die('skip needs pcntl'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
$fork = <<<'PHP'
    require_once HARNESS . '/scan.inc';
    flush();
    $parent = getmypid();
    if (($pid = pcntl_fork()) === 0) {
        echo '[', outcome(fn () => secure_dispatch_order(['order_id' => 2])), ']';
        print_r([getenv(), scan('self', '/k3y-[0-9a-f]{32}/'), scan($parent, '/k3y-[0-9a-f]{32}/')]);
        flush();
        exec('kill -KILL ' . getmypid());
    }
    pcntl_waitpid($pid, $status);
    print_r(scan($pid, '/k3y-[0-9a-f]{32}/'));
    PHP;
heist($fork, 'environment', ['cli']);

$exec = '<?php
    if (($pid = pcntl_fork()) === 0) pcntl_exec("/bin/sh", ["-c", "env; cat /proc/self/environ; for fd in /proc/self/fd/*; do case \$(readlink \$fd) in *secret*|*memfd*) cat \$fd;; esac; done 2>&1"]);
    pcntl_waitpid($pid, $status);
    pcntl_exec($_SERVER["_PHP"], array_merge(["-c", $_SERVER["_INI"]], ["-r", "try { echo \"<\", secure_dispatch_order([1])->state->value, \">\"; } catch (Throwable \$t) { echo \"<\", \$t->getMessage(), \">\"; }"]));';
foreach (['environment', 'ini', 'file'] as $source) {
    foreach (['EXTENSION', 'NAIVE'] as $build) {
        $stage = new Stage('cli', getenv($build), $source);
        $output = $stage->run(str_replace(['$_SERVER["_PHP"]', '$_SERVER["_INI"]'], [var_export(PHP_BINARY, true), 'php_ini_loaded_file()'], $exec));
        preg_match('/<([^<]*)>/', $output, $outcome);
        echo "$source, $build: ", str_contains($output, $stage->key) ? 'FOUND' : 'nothing found', ', the PHP after PHP: ',
            substr($outcome[1] ?? $output, 0, 145), "\n";
    }
}
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
environment, EXTENSION: nothing found, the PHP after PHP: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.api_key is not set, nor is any other source of the key:
environment, NAIVE: FOUND, the PHP after PHP: delivered
ini, EXTENSION: nothing found, the PHP after PHP: delivered
ini, NAIVE: nothing found, the PHP after PHP: delivered
file, EXTENSION: nothing found, the PHP after PHP: delivered
file, NAIVE: nothing found, the PHP after PHP: delivered
