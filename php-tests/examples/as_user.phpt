--TEST--
examples/as_user.php: a worker on the command line dispatches with a key file of root's that its code cannot read, cannot become root again, and gets its arguments; without a user to become it does not start, and root opens none of the app's files
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
    echo 'arguments: ', implode(' ', array_slice($argv, 1)), ' of ', $argc, json_encode([$argv === $_SERVER['argv'], $argc === $_SERVER['argc'], $_SERVER['SCRIPT_FILENAME'] === __FILE__, isset($_SERVER['PATH'])]), "\n";
    echo 'root again: ', var_export(posix_setuid(0) || posix_seteuid(0), true), "\n";
    echo 'faults: ', implode('; ', array_merge(...array_column(array_intersect_key(secure_dispatch_status()['custody'], ['source_private' => 1, 'process_closed' => 1]), 'faults'))), "\n";
    PHP);

symlink(getenv('WORK') . '/api_key', $link = scratch('.php'));

foreach (['it works' => ['www-data', $worker], 'root' => ['root', $worker], 'nobody' => ['nobody-of-this-name', $worker], 'not set' => ['', $worker], 'a link to the key' => ['www-data', $link], 'no script' => ['www-data']] as $title => $arguments) {
    $user = array_shift($arguments);
    file_put_contents($ini = scratch('.ini'), php_ini(['secure_dispatch.log' => 'off', 'more lines' => "extension=posix\n"]));
    $command = [PHP_BINARY, '-c', $ini, '-d', 'display_errors=1', '-d', 'log_errors=0', $as_user, ...$arguments, ...($arguments ? ['queue:work', '--once'] : [])];
    $environment = array_filter(['PHP_INI_SCAN_DIR' => '/nonexistent', 'RUN_AS' => $user] + getenv(), fn ($value) => $value !== '');
    $process = proc_open($command, [['file', '/dev/null', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes, null, $environment);
    $output = stream_get_contents($pipes[1]);
    echo "* $title: ", proc_close($process) === 0 ? "started\n$output" : "not started\n" . (preg_match('/(?:RuntimeException|Warning): (.*) in /', $output, $told) ? preg_replace('~/\S+/~', '…/', $told[1]) : $output) . "\n";
    if (str_contains($output, API_KEY)) echo "the key is told\n";
}
?>
--EXPECT--
* it works: started
www-data www-data, home /var/www, groups 33
delivered
key file: false
arguments: queue:work --once of 3[true,true,true,true]
root again: false
faults: 
* root: not started
RUN_AS names no user of this system, or root
* nobody: not started
RUN_AS names no user of this system, or root
* not set: not started
RUN_AS names no user of this system, or root
* a link to the key: not started
require(…/api_key): Failed to open stream: Permission denied
* no script: not started
the app has no such script
