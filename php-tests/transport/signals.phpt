--TEST--
Signals, which cut system calls short, neither end a dispatch nor lengthen its deadline
--SKIPIF--
<?php if (!function_exists('pcntl_signal')) die('skip needs pcntl'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
foreach (['slow' => 'delay:400', 'never' => 'hang'] as $what => $behaviour) {
    echo "$what: ", php('
        // Handlers that do not restart what they cut.
        pcntl_signal(SIGUSR1, function () {}, false);
        $killer = proc_open(["sh", "-c", "while kill -USR1 " . getmypid() . "; do echo; sleep 0.005; done"], [1 => ["pipe", "w"]], $pipes);
        fgets($pipes[1]);
        try {
            echo secure_dispatch_order(["note" => 1], ' . var_export(treated($behaviour), true) . ')->status, "\n";
        } catch (SecureDispatch\Exception\SecureDispatchException $e) {
            echo get_class($e), "\n";
        }
        proc_terminate($killer);',
        ['secure_dispatch.timeout_ms' => '2000']);
}
?>
--EXPECT--
slow: 200
never: SecureDispatch\Exception\TimeoutException
