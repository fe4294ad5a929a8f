--TEST--
integrations/woocommerce/languages/secure-dispatch.pot has all texts of the plugin: else `make pot`
--SKIPIF--
<?php exec('command -v xgettext') || exit('skip needs gettext'); ?>
--FILE--
<?php
$root = dirname(__DIR__, 2);
$now = tempnam(getenv('WORK'), 'pot');
exec(escapeshellarg("$root/tools/pot") . ' > ' . escapeshellarg($now), result_code: $exit);
echo "tools/pot: $exit, ", substr_count(file_get_contents($now), "\nmsgid ") > 100 ? 'more than 100 texts' : 'FEW TEXTS', "\n";
exec('diff -u ' . escapeshellarg("$root/integrations/woocommerce/languages/secure-dispatch.pot") . ' ' . escapeshellarg($now), $difference);
echo implode("\n", $difference);
?>
--EXPECT--
tools/pot: 0, more than 100 texts
