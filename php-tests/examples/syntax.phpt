--TEST--
Every example and every file of the Composer package is PHP: php -l
--FILE--
<?php
$root = dirname(__DIR__, 2);
$files = [...glob("$root/examples/*.php"), ...glob("$root/examples/*/*.php"), ...glob("$root/stubs/*.php"), ...glob("$root/stubs/src/*.php")];
foreach ($files as $file) {
    exec(escapeshellarg(PHP_BINARY) . ' -n -d display_errors=1 -l ' . escapeshellarg($file) . ' 2>&1', $output, $code);
    if ($code !== 0) echo implode("\n", $output), "\n";
}
echo count($files) >= 20 ? "all\n" : count($files) . " files: some were not found\n";
?>
--EXPECT--
all
