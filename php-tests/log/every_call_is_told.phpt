--TEST--
Calls that come to no dispatch, what operators do, and what they cannot do, are in the log
--FILE--
<?php
require __DIR__ . '/../harness/log.inc';
$told = function (string $what, string $code, array $settings): void {
    $log = scratch('.json');
    $output = php($code, $settings + ['secure_dispatch.log' => $log]);
    echo "$what: ", $output;
    foreach (log_lines(file_get_contents($log)) as $line) {
        echo '  ', implode(" ", array_filter([$line['level'], $line['event'], $line['error'] ?? '', isset($line['dispatch']) ? 'of a dispatch' : ''])), "\n";
    }
};
$call = fn (string $arguments) => "echo outcome_class(fn () => secure_dispatch_order($arguments)), ', ', secure_dispatch_status()['counters']['failed'], ' counted', PHP_EOL;";

$told('no endpoint', $call("['order_id' => 1]"), settings(['secure_dispatch.endpoint' => '', 'secure_dispatch.log_level' => 'error']));
$told('a malformed key', $call("['order_id' => 1], 'two words'"), settings());
// Its own log could not be opened then.
$output = php("\$open = []; while (\$file = @fopen('/dev/null', 'r')) { \$open[] = \$file; } " . $call("['order_id' => 1]"),
    settings(['secure_dispatch.log' => 'php', 'error_log' => '']), [], ['prlimit', '--nofile=40']);
echo 'no descriptor left: ', implode(', ', array_column(log_lines($output), 'event')), ' ', log_lines($output)[0]['error'], "\n";

$waiting = outbox_settings(['secure_dispatch.wait_ms' => '0']);
$told('an operator', "
    foreach ([1, 2, 3] as \$id) { \$ids[] = secure_dispatch_order(['order_id' => \$id])->id; }
    echo json_encode([SecureDispatch\\Outbox::retryAll('queued'), SecureDispatch\\Outbox::retry(\$ids[0]), SecureDispatch\\Outbox::discard(\$ids[0]),
        SecureDispatch\\Outbox::discard(\$ids[0])]), PHP_EOL;", $waiting);
chmod(dirname($waiting['secure_dispatch.outbox']), 0755);
$told('an open directory', 'foreach (["drain", "list"] as $f) { echo outcome_class("SecureDispatch\\Outbox::$f"), " "; }
    foreach (["retry", "discard"] as $f) { echo outcome_class(fn () => SecureDispatch\Outbox::$f("0199f0a0-0000-7000-8000-000000000000")), " "; }
    echo outcome_class(fn () => SecureDispatch\Outbox::retryAll("dead")), PHP_EOL;', $waiting);
?>
--EXPECT--
no endpoint: ConfigurationException, 1 counted
  ERROR configuration_error
  ERROR failed configuration
a malformed key: ValidationException, 1 counted
  WARN invalid validation
no descriptor left: failed local
an operator: [3,true,true,false]
  INFO queued of a dispatch
  INFO queued of a dispatch
  INFO queued of a dispatch
  INFO retried of a dispatch
  INFO retried of a dispatch
  INFO retried of a dispatch
  INFO retried of a dispatch
  INFO discarded of a dispatch
an open directory: UnavailableException UnavailableException UnavailableException UnavailableException UnavailableException
  ERROR outbox_fault outbox_open_directory
  ERROR outbox_fault outbox_open_directory
  ERROR outbox_fault outbox_open_directory
  ERROR outbox_fault outbox_open_directory
  ERROR outbox_fault outbox_open_directory