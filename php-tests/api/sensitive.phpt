--TEST--
No argument of our frame in any trace contains the order
--INI--
zend.exception_ignore_args=0
zend.exception_string_param_max_len=1000
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
const SECRET = 'ada.lovelace@example.test';
$found = function (string $what, mixed $dump): void {
    $text = print_r($dump, true);
    echo $what, ': ', str_contains($text, SECRET) ? 'FOUND' : 'not found', "\n";
};
$ours = fn (array $trace) => array_values(array_filter($trace, fn ($frame) => $frame['function'] === 'secure_dispatch_order'));

class Spy implements JsonSerializable
{
    public static array $traces = [];

    public function jsonSerialize(): mixed
    {
        self::$traces['debug_backtrace'] = debug_backtrace();
        self::$traces['exception inside'] = (new Exception())->getTrace();
        ob_start();
        debug_print_backtrace();
        self::$traces['debug_print_backtrace'] = ob_get_clean();
        return 1;
    }
}
$order = fn () => ['email' => SECRET, 'nested' => ['deep' => SECRET], 'spy' => new Spy()];
foreach ([
    'positional' => fn () => secure_dispatch_order($order(), treated('status:500')),
    'named' => fn () => secure_dispatch_order(order: $order(), idempotency_key: treated('status:500')),
    'the key too' => fn () => secure_dispatch_order(idempotency_key: SECRET . ' ', order: $order()),
    'surplus arguments' => fn () => secure_dispatch_order($order(), null, SECRET, $order()),
    'by call_user_func' => fn () => call_user_func('secure_dispatch_order', $order(), treated('half')),
] as $how => $call) {
    try {
        $call();
        echo "no exception\n";
    } catch (Throwable $e) {
        $frames = $ours($e->getTrace());
        echo count($frames), ' ', get_debug_type($frames[0]['args']['order'] ?? $frames[0]['args'][0]), ' ';
        $found($how, $frames);
        preg_match('/^#\d+ .*secure_dispatch_order\(.*$/m', $e->getTraceAsString(), $line);
        $found("$how, as a string", $line[0]);
        $found("$how, message", $e->getMessage());
    }
}
foreach (Spy::$traces as $how => $trace) {
    if (is_string($trace)) {
        preg_match('/^#\d+ .*secure_dispatch_order\(.*$/m', $trace, $line);
        $found($how, $line[0]);
    } else {
        $found($how, array_column($ours($trace), 'args'));
    }
}
?>
--EXPECT--
1 SensitiveParameterValue positional: not found
positional, as a string: not found
positional, message: not found
1 SensitiveParameterValue named: not found
named, as a string: not found
named, message: not found
1 SensitiveParameterValue the key too: not found
the key too, as a string: not found
the key too, message: not found
1 SensitiveParameterValue surplus arguments: not found
surplus arguments, as a string: not found
surplus arguments, message: not found
1 SensitiveParameterValue by call_user_func: not found
by call_user_func, as a string: not found
by call_user_func, message: not found
debug_backtrace: not found
exception inside: not found
debug_print_backtrace: not found
