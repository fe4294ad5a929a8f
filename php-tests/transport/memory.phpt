--TEST--
100,000 dispatches in one process leave its resident memory where it was
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
control('POST', '/recording', ['on' => false]);
echo php('
    $resident = fn () => (int) preg_replace("/.*VmRSS:\s+(\d+).*/s", "$1", file_get_contents("/proc/self/status"));
    $order = ["order_id" => 1, "note" => str_repeat("x", 1000), "lines" => array_fill(0, 20, ["sku" => "A-1", "price" => 9.95])];
    $dispatch = function (int $times) use ($order) {
        for ($i = 0; $i < $times; $i++) {
            secure_dispatch_order($order);
            // Errors must leave nothing behind either; the first one of a process warms up what tells them.
            if ($i % 10 === 0) try { secure_dispatch_order([[[NAN]]]); } catch (SecureDispatch\Exception\ValidationException) {}
        }
    };
    $dispatch(2000);
    $before = $resident();
    $dispatch(100000);
    $grown = $resident() - $before;
    echo $grown < 512 ? "flat\n" : "grown by $grown KiB\n";');
control('POST', '/recording', ['on' => true]);
?>
--EXPECT--
flat
