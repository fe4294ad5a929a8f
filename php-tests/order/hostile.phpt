--TEST--
PHP code that runs while its object is read: throws, exits, dies of memory, changes the order, sends orders, suspends a fiber
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
class Calls implements JsonSerializable
{
    public function __construct(private Closure $body) {}
    public function jsonSerialize(): mixed { return ($this->body)(); }
}
class Destructs { public function __construct(private Closure $body) {} public function __destruct() { ($this->body)(); } }

echo "--- throws\n";
try {
    secure_dispatch_order(['a' => [1, new Calls(fn () => throw new DomainException('mine'))]]);
} catch (DomainException $e) {
    echo get_class($e), ' ', $e->getMessage(), "\n";
}

echo "--- throws from a destructor of what it returned\n";
try {
    secure_dispatch_order(['a' => new Calls(fn () => ['x' => 1, 'y' => [new Calls(fn () => 2)], new Destructs(fn () => throw new DomainException('late'))])]);
} catch (Throwable $e) {
    echo get_class($e), "\n";
}

echo "--- changes the order\n";
$order = ['before' => 1, 'list' => [1, 2, 3], 'o' => null, 'after' => 2];
$order['o'] = new Calls(function () use (&$order) {
    $order['list'][] = 'added';
    unset($order['after']);
    $order = [];
    gc_collect_cycles();
    return 'changed';
});
secure_dispatch_order($order, $key = unique_key());
echo received($key), "\n";

echo "--- changes what is held by reference\n";
$inner = [1, 2, 3];
$object = null;
$order = ['inner' => &$inner, 'object' => &$object];
$inner[] = new Calls(function () use (&$inner) { $inner = 'gone'; return 4; });
$inner[] = 5;
$object = new Calls(function () use (&$object) { $object = null; gc_collect_cycles(); return str_repeat('x', 3); });
secure_dispatch_order($order, $key = unique_key());
echo received($key), "\n";

echo "--- sends orders\n";
$inside = unique_key();
secure_dispatch_order(['o' => new Calls(fn () => secure_dispatch_order(['inside' => 1], $inside)->status)], $key = unique_key());
echo received($inside), received($key), "\n";

echo "--- suspends a fiber, while another dispatches\n";
$key = unique_key();
$fiber = new Fiber(fn () => secure_dispatch_order(['o' => new Calls(fn () => Fiber::suspend('suspended'))], $key)->status);
echo $fiber->start(), "\n";
secure_dispatch_order(['meanwhile' => 1]);
$fiber->resume('resumed');
echo $fiber->getReturn(), ' ', received($key), "\n";

echo "--- a fiber that is never resumed\n";
$fiber = new Fiber(fn () => secure_dispatch_order(['o' => new Calls(fn () => Fiber::suspend())]));
$fiber->start();
unset($fiber);
gc_collect_cycles();

$classes = 'class Calls implements JsonSerializable { public function __construct(private Closure $body) {} '
    . 'public function jsonSerialize(): mixed { return ($this->body)(); } }';
foreach ([
    'exit' => 'fn () => exit("exit\n")',
    'memory_limit' => 'fn () => str_repeat("x", 1 << 30)',
    'a fatal error' => 'function () { eval("class JsonSerializable {}"); }',
    'time limit' => 'function () { set_time_limit(1); while (true); }',
    'endless recursion of PHP code' => 'function () { $f = function () use (&$f) { return [$f()]; }; return $f(); }',
] as $what => $body) {
    echo "--- $what\n";
    $key = unique_key();
    echo preg_replace('/ in Command line code.*| \(tried.*|\(Stack.*|exceeded.*| because the name.*/', '', php("$classes
        secure_dispatch_order([1], " . var_export($before = unique_key(), true) . ");
        register_shutdown_function(fn () => print('after: ' . outcome(fn () => secure_dispatch_order([2])) . \"\\n\"));
        secure_dispatch_order(['big' => str_repeat('y', 10000), 'o' => new Calls($body)], '$key');
    ", ['memory_limit' => '64M']));
    var_dump(count(requests($before)), count(requests($key)));
}
?>
--EXPECT--
--- throws
DomainException mine
--- throws from a destructor of what it returned
DomainException
--- changes the order
{"before":1,"list":[1,2,3],"o":"changed","after":2}
--- changes what is held by reference
{"inner":[1,2,3,4,5],"object":"xxx"}
--- sends orders
{"inside":1}{"o":200}
--- suspends a fiber, while another dispatches
suspended
200 {"o":"resumed"}
--- a fiber that is never resumed
--- exit
exit
after: delivered 200
int(1)
int(0)
--- memory_limit

Fatal error: Allowed memory size of 67108864 bytes exhausted
after: delivered 200

exit code 255
int(1)
int(0)
--- a fatal error

Fatal error: Cannot declare class JsonSerializable,
after: delivered 200

exit code 255
int(1)
int(0)
--- time limit

Fatal error: Maximum execution time of 1 second 
after: delivered 200

exit code 255
int(1)
int(0)
--- endless recursion of PHP code

Fatal error: Allowed memory size of 67108864 bytes exhausted
after: delivered 200

exit code 255
int(1)
int(0)
