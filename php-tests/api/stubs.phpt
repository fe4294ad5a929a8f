--TEST--
The stubs say what the built extension is (after a change of the interface: make stubs)
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$stubs = dirname(__DIR__, 2) . '/stubs';
ob_start();
require "$stubs/generate.php";
$generated = ob_get_clean();
file_put_contents($now = scratch('.stub'), $generated);
echo $generated === file_get_contents("$stubs/secure_dispatch.stub.php") ? "the same\n" : shell_exec("diff $stubs/secure_dispatch.stub.php $now");
?>
--EXPECT--
the same
