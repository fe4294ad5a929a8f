--TEST--
Starting costs what it must: no thread, no socket, no descriptor is left by MINIT; an unset extension touches nothing
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$look = '
    $links = fn () => array_filter(array_map(fn ($fd) => (string) @readlink("/proc/self/fd/$fd"), preg_grep("/^\d+$/", scandir("/proc/self/fd"))),
        fn ($name) => preg_match("/socket|anon_inode|memfd|secretmem|sqlite/", $name));
    echo count(glob("/proc/self/task/*")), " thread, ", count($links()), " descriptors of ours; ";';
echo 'at start: ', php($look), "\n";
echo 'after a dispatch: ', php("secure_dispatch_order([1]); $look"), "\n";
$unset = ['secure_dispatch.endpoint' => null, 'secure_dispatch.ca_file' => null, 'secure_dispatch.api_key_file' => null];
echo 'unset: ', php($look . 'echo @fopen("/proc/self/mem", "rb") ? "open as any PHP, " : "closed, ", count(secure_dispatch_status()["custody"]), " protections";', $unset + ['error_log' => $log = scratch('.log')]),
    ', ', is_file($log) ? 'logged' : 'nothing logged', "\n";
?>
--EXPECT--
at start: 1 thread, 0 descriptors of ours; 
after a dispatch: 1 thread, 4 descriptors of ours; 
unset: 1 thread, 0 descriptors of ours; open as any PHP, 0 protections, nothing logged
