--TEST--
examples/as_user.php: a worker on the command line dispatches with a key file of root's that its code cannot read, and cannot become root again; without a user to become it does not start
--SKIPIF--
<?php
require __DIR__ . '/../harness/testbed.inc';
if (!is_root()) die('skip needs root');
if (!str_contains(file_get_contents('/etc/passwd'), "\nwww-data:")) die('skip needs www-data');
?>
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
require __DIR__ . '/../harness/examples.inc';

// A checkout can lie where its user may not look.
copy(EXAMPLES . '/as_user.php', $as_user = scratch('.php'));
file_put_contents($worker = scratch('.php'), <<<'PHP'
    #!/usr/bin/env php
    <?php
    echo posix_getpwuid(posix_geteuid())['name'], ' ', posix_getpwuid(posix_getuid())['name'], ', home ', getenv('HOME'), ', groups ', implode(' ', posix_getgroups()), "\n";
    echo secure_dispatch_order(['order_id' => 1])->state->value, "\n";
    echo 'key file: ', var_export(@file_get_contents(ini_get('secure_dispatch.api_key_file')), true), "\n";
    echo 'root again: ', var_export(posix_setuid(0) || posix_seteuid(0), true), "\n";
    echo 'faults: ', implode('; ', array_merge(...array_column(array_intersect_key(secure_dispatch_status()['custody'], ['source_private' => 1, 'process_closed' => 1]), 'faults'))), "\n";
    PHP);

foreach (['www-data', 'root', 'nobody-of-this-name', ''] as $user) {
    file_put_contents($ini = scratch('.ini'), php_ini(['auto_prepend_file' => $as_user, 'secure_dispatch.log' => 'off', 'more lines' => "extension=posix\n"]));
    $command = [PHP_BINARY, '-c', $ini, '-d', 'display_errors=1', $worker];
    $environment = ['PHP_INI_SCAN_DIR' => '/nonexistent', 'RUN_AS' => $user] + getenv();
    $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes, null, array_filter($environment, fn ($value) => $value !== ''));
    $output = stream_get_contents($pipes[1]);
    echo "* '$user': ", proc_close($process) === 0 ? "started\n$output" : "not started\n" . (preg_match('/RuntimeException: (.*) in /', $output, $told) ? $told[1] : $output) . "\n";
}
?>
--EXPECT--
* 'www-data': started
www-data www-data, home /var/www, groups 33
delivered
key file: false
root again: false
faults: 
* 'root': not started
RUN_AS names no user of this system, or root
* 'nobody-of-this-name': not started
RUN_AS names no user of this system, or root
* '': not started
RUN_AS names no user of this system, or root
