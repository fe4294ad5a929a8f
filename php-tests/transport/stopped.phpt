--TEST--
An answer that came in time counts, also to a process that was stopped until its deadline was over
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
foreach (['delay:1000' => 'in time', 'delay:1000,size:60000' => 'in time, and long', 'delay:3000' => 'too late'] as $behaviour => $what) {
    $key = treated($behaviour);
    $process = start_php("echo outcome(fn () => secure_dispatch_order([1], '$key')), \"\\n\";", ['secure_dispatch.timeout_ms' => 2000]);
    while (!requests($key)) {
        usleep(10000);
    }
    ['pid' => $pid] = proc_get_status($process[0]);
    shell_exec("kill -STOP $pid; sleep 2.2; kill -CONT $pid");
    echo "$what: ", finish($process);
}
?>
--EXPECT--
in time: delivered 200
in time, and long: delivered 200
too late: TimeoutException: the API did not answer within secure_dispatch.timeout_ms; it may have taken the order. Send it again under the same idempotency key.
