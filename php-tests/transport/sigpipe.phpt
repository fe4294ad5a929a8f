--TEST--
A connection that breaks while an order is written is an exception and not a SIGPIPE, whatever PHP code has made of that signal
--SKIPIF--
<?php if (!function_exists('pcntl_signal')) die('skip needs pcntl'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
foreach (['before:reset', 'before:fin', 'after:reset', 'idle:1:reset'] as $behaviour) {
    $keys = array_map(fn () => treated($behaviour), range(1, 30));
    echo "$behaviour: ", php('
        pcntl_signal(SIGPIPE, SIG_DFL);
        $order = ["note" => str_repeat("x", 200000)];
        foreach (' . var_export($keys, true) . ' as $key) {
            secure_dispatch_order([1]);
            try {
                secure_dispatch_order($order, $key);
            } catch (SecureDispatch\Exception\TransportException) {
            }
        }
        echo "alive\n";');
}
?>
--EXPECT--
before:reset: alive
before:fin: alive
after:reset: alive
idle:1:reset: alive
