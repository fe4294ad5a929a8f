--TEST--
Key in a section of php.ini, as an array or in other letter case, where it has no effect: get_cfg_var() finds nothing there either, and it is told
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
foreach (["[HOST=localhost]\nsecure_dispatch.api_key = THE KEY\n", "[PATH=/nowhere]\nsecure_dispatch.api_key = \"THE KEY\"\n",
    "secure_dispatch.API_key = THE KEY\n"] as $lines) {
    heist(<<<'PHP'
        print_r([get_cfg_var('localhost'), get_cfg_var('/nowhere'), get_cfg_var('secure_dispatch.API_key')]);
        PHP, 'environment', ['cli', 'apache'], ['more lines' => $lines]);
    $stage = new Stage('cli', getenv('EXTENSION'), 'environment', ['more lines' => $lines]);
    echo $stage->run('<?php echo implode(secure_dispatch_status()["custody"]["supported_source"]["faults"]), "\n";');
    echo substr_count($stage->logs(), 'stands in php.ini where it has no effect'), " in the log\n";
}
// An array in place of the key is no key.
echo php('echo outcome(fn () => secure_dispatch_order([])), get_cfg_var("secure_dispatch.api_key") === false ? " and nothing left" : " AND IT IS LEFT";',
    ['secure_dispatch.api_key_file' => null, 'more lines' => "secure_dispatch.api_key[] = hunter2\n"]);
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
secure_dispatch.api_key stands in php.ini where it has no effect (in a [PATH=] or [HOST=] section, as an array, or in other letter case); move it before the first section, or set secure_dispatch.api_key_file
1 in the log
cli: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
secure_dispatch.api_key stands in php.ini where it has no effect (in a [PATH=] or [HOST=] section, as an array, or in other letter case); move it before the first section, or set secure_dispatch.api_key_file
1 in the log
cli: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
secure_dispatch.api_key stands in php.ini where it has no effect (in a [PATH=] or [HOST=] section, as an array, or in other letter case); move it before the first section, or set secure_dispatch.api_key_file
1 in the log
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.api_key is not set, nor is any other source of the key: set secure_dispatch.api_key_file (best to a file that only root can read), secure_dispatch.api_key, a systemd credential or SECURE_DISPATCH_API_KEY and nothing left
