--TEST--
The outbox from PHP: queued, listed, retried, discarded, drained; what is wrong with a call is told
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$down = treated('status:503');
$up = unique_key();
$still = unique_key();
echo php(<<<PHP
    use SecureDispatch\\Outbox;
    \$show = fn (\$row) => print(implode(' ', [\$row['state'], \$row['order_id'], \$row['attempts'], json_encode(\$row['status']), json_encode(\$row['superseded']),
        \$row['due'] === null ? 'waits' : 'due in ' . (\$row['due'] - \$row['since']) . ' s']) . "\\n");
    \$first = secure_dispatch_order(['order_id' => 'A-1'], '$down');
    echo json_encode([\$first->state, \$first->status, \$first->attempts, \$first->body, \$first->idempotencyKey === '$down']), "\\n";
    \$second = secure_dispatch_order(['order_id' => 'A-1', 'v' => 2], '$up');
    echo json_encode([\$second->state, \$second->status, \$second->attempts]), "\\n";
    array_map(\$show, array_map(fn (\$row) => ['due' => \$row['due'] && abs(\$row['due'] - \$row['since'] - 5) < 2 ? \$row['since'] + 5 : \$row['due']] + \$row, Outbox::list()));
    echo json_encode(Outbox::drain(1)), "\\n";
    control('POST', '/rules', ['key' => '$down', 'behaviour' => '']);
    echo json_encode([Outbox::retry(\$first->id), Outbox::retry('no id'), Outbox::retry(\$second->id), Outbox::retryAll('dead')]), "\\n";
    echo json_encode(Outbox::drain()), "\\n";
    echo json_encode([Outbox::list(), count(Outbox::list(state: 'delivered')), Outbox::discard(\$first->id)]), "\\n";
    \$row = fn (?array \$row) => \$row === null ? 'none' : implode(' ', [\$row['state'], \$row['order_id'], json_encode(\$row['status'])]);
    echo \$row(Outbox::find('$down')), ', ', \$row(Outbox::find('no key of ours')), ', ', \$row(Outbox::find("\xff")), "\n";
    \$at = count(requests('$still'));
    \$kept = secure_dispatch_order(['order_id' => 'B-1'], '$still', false);
    echo json_encode([\$kept->state, \$kept->attempts]), ' ', \$row(Outbox::find(\$kept->idempotencyKey)), ' ', count(requests('$still')) - \$at, "\n";
    echo json_encode(Outbox::discard(\$kept->id)), ' ', \$row(Outbox::find('$still')), "\n";
    \$status = secure_dispatch_status();
    echo json_encode([\$status['outbox'], \$status['counters']['delivered'], \$status['counters']['queued'], \$status['breaker'], \$status['scope']]), "\\n";
    foreach ([fn () => Outbox::drain(-1), fn () => Outbox::list(0), fn () => Outbox::list(1, 'lost'), fn () => Outbox::retryAll('delivered'),
        fn () => new Outbox(), fn () => unserialize('O:21:"SecureDispatch\\Outbox":0:{}')] as \$call) {
        try { \$call(); echo "no error\\n"; } catch (Throwable \$error) { echo \$error::class, ': ', \$error->getMessage(), "\\n"; }
    }
    PHP, outbox_settings());
echo implode("\n", array_map(fn ($request) => $request['headers']['secure-dispatch-attempt'], requests($down))), "\n", count(requests($up)), "\n";
$none = php('foreach (["drain", "list"] as $f) { try { SecureDispatch\Outbox::$f(); } catch (Throwable $e) { echo $e::class, ": ", $e->getMessage(), "\n"; } }');
echo $none, php('echo json_encode(secure_dispatch_status()["outbox"]), "\n";');
?>
--EXPECT--
["queued",503,1,null,true]
["queued",null,0]
queued A-1 1 503 false due in 5 s
queued A-1 0 null false waits
{"delivered":0,"deferred":0,"rejected":0,"dead":0,"remaining":2,"next_ms":null}
[true,false,true,0]
{"delivered":2,"deferred":0,"rejected":0,"dead":0,"remaining":0,"next_ms":null}
[[],2,false]
delivered A-1 200, none, none
["queued",0] queued B-1 null 0
true none
[{"rows":{"queued":0,"unconfirmed":0,"held":0,"rejected":0,"dead":0},"oldest":null,"fault":null},2,3,"closed","this process"]
ValueError: SecureDispatch\Outbox::drain(): Argument #1 ($maxSeconds) must be between 0 and 86400
ValueError: SecureDispatch\Outbox::list(): Argument #1 ($limit) must be between 1 and 1000
ValueError: SecureDispatch\Outbox::list(): Argument #2 ($state) must be one of "queued", "unconfirmed", "held", "rejected" or "dead"
ValueError: SecureDispatch\Outbox::retryAll(): Argument #1 ($state) must be one of "queued", "unconfirmed", "held", "rejected" or "dead"
Error: Call to private SecureDispatch\Outbox::__construct() from global scope
Exception: Unserialization of 'SecureDispatch\Outbox' is not allowed
1
2
1
SecureDispatch\Exception\ConfigurationException: the outbox (secure_dispatch.outbox) is not set up: secure_dispatch.outbox names no file
SecureDispatch\Exception\ConfigurationException: the outbox (secure_dispatch.outbox) is not set up: secure_dispatch.outbox names no file
null
