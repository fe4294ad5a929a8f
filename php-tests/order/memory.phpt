--TEST--
Nothing is left behind: by cycles that the collector looked at during a walk, by a fiber that a fatal error abandoned in one
--SKIPIF--
<?php require __DIR__ . "/../harness/fpm.inc"; if (!Fpm::binary()) die("skip needs php-fpm"); if (!exec("command -v cgi-fcgi")) die("skip needs cgi-fcgi"); ?>
--FILE--
<?php
require __DIR__ . '/../harness/fpm.inc';
class Cycle implements JsonSerializable
{
    public $self;
    public string $padding;

    public function __construct()
    {
        $this->self = $this;
        $this->padding = str_repeat('x', 10_000);
    }

    public function jsonSerialize(): mixed
    {
        gc_collect_cycles();
        return 1;
    }
}
class Maker implements JsonSerializable
{
    public function jsonSerialize(): mixed
    {
        return new Cycle();
    }
}
function dispatches(int $count): int
{
    for ($i = 0; $i < $count; $i++) {
        try {
            secure_dispatch_order([new Maker(), NAN]);
        } catch (SecureDispatch\Exception\ValidationException) {
        }
    }
    gc_collect_cycles();
    return memory_get_usage();
}
$before = dispatches(50);
echo dispatches(200) - $before < 100_000 ? "cycles are collected\n" : "cycles stay\n";

$fpm = new Fpm(['memory_limit' => '8M'], ['pm.max_children' => 1]);
$fpm->put('index.php', '<?php
    class C implements JsonSerializable { function jsonSerialize(): mixed { Fiber::suspend(1); return 1; } }
    $fiber = new Fiber(fn () => secure_dispatch_order([str_repeat("x", 200000), new C()]));
    $fiber->start();
    echo preg_replace("/.*VmRSS:\s+(\d+).*/s", "$1", file_get_contents("/proc/self/status"));
    flush();
    @str_repeat("x", 1 << 29);');
for ($i = 0; $i < 120; $i++) {
    $resident[] = (int) $fpm->get('index.php');
}
echo $resident[119] - $resident[39] < 4096 ? "abandoned walks are dropped\n" : 'grown by ' . $resident[119] - $resident[39] . " KiB\n";

// Calls within calls end before the stack does.
class Recursion implements JsonSerializable
{
    public static int $deepest = 0;

    public function jsonSerialize(): mixed
    {
        self::$deepest++;
        return secure_dispatch_order([$this]);
    }
}
echo outcome(fn () => secure_dispatch_order([new Recursion()])), ' after ', Recursion::$deepest, " calls\n";
?>
--EXPECT--
cycles are collected
abandoned walks are dropped
ValidationException: the order was not sent: the order is nested deeper than 64 levels (or than 256 arrays and objects, calls within calls included) after 128 calls
