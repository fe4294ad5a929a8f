--TEST--
bin/secure-dispatch on a terminal: a bar while it drains and discards, a question before it discards; plain lines elsewhere
--SKIPIF--
<?php if (!exec('command -v script')) die('skip needs script (util-linux)'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/console.inc';
$settings = outbox_settings(['secure_dispatch.log' => 'off', 'secure_dispatch.drain_rate' => 20, 'secure_dispatch.endpoint' => endpoint('main', '/' . unique_key())]);
$queue = fn (int $count) => php("foreach (range(1, $count) as \$i) secure_dispatch_order(['order_id' => \$i]);", ['secure_dispatch.wait_ms' => 0] + $settings);
$on_terminal = function (array $arguments, string $typed = '', array $more = []) use ($settings): string {
    $shown = shell_exec("printf '$typed' | script -qec " . escapeshellarg(console_command($more + $settings, $arguments)) . ' /dev/null');
    return preg_replace('/\d{4}-\d\d-\d\dT[0-9:+-]+/', 'TIME', str_replace("\r\n", "\n", $shown));
};
$queue(45);
$shown = $on_terminal(['outbox', 'drain']);
// Redrawn in place, and growing.
preg_match_all('/\r\[(#*)\.*\] (\d+) of 45 delivered/', $shown, $bars);
echo count($bars[0]) >= 3 && count(array_unique($bars[2])) >= 2 && strlen(end($bars[1])) === 40 ? 'a bar' : $shown, ' up to ', end($bars[2]), "\n";
echo substr($shown, strrpos($shown, "\e[K\n") + 4);

$queue(12);
$delivered = 'TIME 12 delivered, 0 deferred, 0 rejected, 0 dead, 0 remaining';
echo preg_replace('/^\S+/', 'TIME', console($settings, ['outbox', 'drain'])[0]) === $delivered ? "plain lines elsewhere\n" : "not plain\n";

// The first order opens the breaker, and the others wait until it lets them: on a terminal as elsewhere.
foreach (['on a terminal' => 9, 'elsewhere' => 9, 'on a terminal, in too short a time' => 2] as $where => $seconds) {
    $breaker = ['secure_dispatch.breaker_min_calls' => 1, 'secure_dispatch.breaker_open_ms' => 2500] + outbox_settings() + $settings;
    $down = treated('status:401');
    php("secure_dispatch_order(['order_id' => 'A'], '$down'); secure_dispatch_order(['order_id' => 'B']); secure_dispatch_order(['order_id' => 'C']);", ['secure_dispatch.wait_ms' => 0] + $breaker);
    $start = microtime(true);
    $arguments = ['outbox', 'drain', "--seconds=$seconds"];
    $shown = $where === 'elsewhere' ? preg_replace('/^\S+/', 'TIME', console($breaker, $arguments)[0]) : $on_terminal($arguments, more: $breaker);
    $took = microtime(true) - $start;
    echo "$where: ", trim(substr($shown, strrpos($shown, 'TIME'))), $took < 2 ? ', at once' : ($took < 5 ? ', after a while' : ", $took s"), "\n";
}

$queue(12);
foreach ([[['outbox', 'discard', '--all=queued'], 'n\n'], [['outbox', 'discard', '--all=queued'], 'y\n']] as [$arguments, $typed]) {
    $shown = $on_terminal($arguments, $typed);
    echo substr_count($shown, '[y/N]'), ' question, ', substr_count($shown, "\r["), " times a bar; ", trim(substr($shown, strrpos(trim($shown), "\n"))), "\n";
}
$queue(3);
echo implode(' ', array_map(fn ($text) => explode("\n", $text)[0], console($settings, ['outbox', 'discard', '--all=queued']))), "\n";
foreach ([['--all=delivered', '--yes'], ['--all=x', '--yes'], ['--all', '--yes'], ['--all=queued', '--yes'], ['--all=queued', '--yes']] as $arguments) {
    [$text, $exit] = console($settings, ['outbox', 'discard', ...$arguments]);
    echo implode(' ', $arguments), ": $exit ", explode("\n", $text)[0], "\n";
}
?>
--EXPECT--
a bar up to 45
TIME 45 delivered, 0 deferred, 0 rejected, 0 dead, 0 remaining
plain lines elsewhere
on a terminal: TIME 2 delivered, 1 deferred, 0 rejected, 0 dead, 1 remaining, after a while
elsewhere: TIME 2 delivered, 1 deferred, 0 rejected, 0 dead, 1 remaining, after a while
on a terminal, in too short a time: TIME 0 delivered, 1 deferred, 0 rejected, 0 dead, 3 remaining, at once
1 question, 0 times a bar; Forget all that are queued (12), so that they are never sent? [y/N] secure-dispatch: nothing is discarded
1 question, 12 times a bar; 12 are discarded
secure-dispatch: outbox discard --all asks on a terminal, and needs --yes elsewhere 2
--all=delivered --yes: 2 secure-dispatch: --all must be queued, unconfirmed, held, rejected or dead
--all=x --yes: 2 secure-dispatch: SecureDispatch\Outbox::list(): Argument #2 ($state) must be one of "queued", "unconfirmed", "held", "rejected" or "dead"
--all --yes: 2 secure-dispatch doctor [--json] [--send-test[=FILE.json]]           look at everything between an order and the API, and say what to do;
--all=queued --yes: 0 3 are discarded
--all=queued --yes: 0 0 are discarded
