--TEST--
opcache.preload runs PHP code in the master (rootless) or before it drops its rights: it finds nothing, and workers that come and go still dispatch
--SKIPIF--
<?php
require __DIR__ . '/../harness/heist.inc';
heist_skips();
is_file(ini_get('extension_dir') . '/opcache.so') || die('skip needs opcache');
?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
foreach (['fpm', 'fpm rootless'] as $scene) {
    foreach (['EXTENSION', 'NAIVE'] as $build) {
        $dir = scratch();
        mkdir($dir, 0777);
        chmod($dir, 0777);
        // Output of a preload script goes nowhere.
        file_put_contents("$dir/preload.php", '<?php ob_start(); require ' . var_export(dirname(__DIR__) . '/harness/scan.inc', true) . ';
            print_r([getenv(), ini_get_all("secure_dispatch"), secure_dispatch_status()]);
            echo @file_get_contents("/proc/self/environ");
            foreach (processes() as $pid) print_r(scan($pid, "/k3y-[0-9a-f]{32}/"));
            echo shell_exec("env; for fd in /proc/self/fd/*; do case \$(readlink \$fd) in *secret*|*memfd*) cat \$fd;; esac; done 2>&1");
            file_put_contents("' . $dir . '/loot", ob_get_clean() . "preloaded");');
        $stage = new Stage($scene, getenv($build), 'environment', ['zend_extension' => 'opcache', 'opcache.enable' => 1, 'opcache.preload' => "$dir/preload.php",
            'opcache.preload_user' => 'www-data'], ['pm.max_requests' => 2]);
        $loot = file_get_contents("$dir/loot");
        $verdicts = [];
        // Each of the 4 workers is replaced meanwhile, and the server once.
        for ($i = 0; $i < 24; $i++) {
            $verdicts[] = $stage->perform('print_r(getenv());');
            $i === 11 && $stage->server->restart();
        }
        $loot .= file_get_contents("$dir/loot");
        echo "$scene, $build: ", str_ends_with($loot, 'preloaded') ? 'preloaded, ' : 'NOT PRELOADED, ', str_contains($loot, $stage->key) ? 'FOUND' : 'nothing found', ', ',
            json_encode(array_count_values($verdicts)), "\n";
    }
}
?>
--EXPECT--
fpm, EXTENSION: preloaded, nothing found, {"nothing found, dispatched":24}
fpm, NAIVE: preloaded, FOUND, {"FOUND, dispatched":24}
fpm rootless, EXTENSION: preloaded, nothing found, {"nothing found, dispatched":24}
fpm rootless, NAIVE: preloaded, FOUND, {"FOUND, dispatched":24}
