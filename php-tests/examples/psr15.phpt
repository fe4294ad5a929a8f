--TEST--
examples/psr15: the handler answers 200 for delivered, 202 for queued, 503 with Retry-After for what may pass, 502 for what does not, 404 for no order
--SKIPIF--
<?php require __DIR__ . '/../harness/examples.inc'; if (!library('Nyholm/Psr7/autoload.php')) die('skip needs php-nyholm-psr7'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$answers = <<<'PHP'
    require '/HARNESS/examples.inc';
    library('Nyholm/Psr7/autoload.php');
    require '/HARNESS/psr15.inc';
    require EXAMPLES . '/psr15/SendOrderHandler.php';
    $handler = new App\Http\SendOrderHandler(
        new SecureDispatch\Dispatcher\ExtensionDispatcher(),
        fn (int $id) => $id === 404 ? null : ['order_id' => $id, 'status' => 'paid'],
        new Nyholm\Psr7\Factory\Psr17Factory(),
    );
    foreach (['', 'status:503', 'status:429,retry-after:7', 'before:close', 'status:422'] as $behaviour) {
        $id = unique_order();
        treat("order-$id/paid", $behaviour);
        $request = (new Nyholm\Psr7\ServerRequest('POST', "/orders/$id/send"))->withAttribute('order_id', (string) $id);
        $response = $handler->handle($request);
        echo $behaviour ?: 'taken', ': ', $response->getStatusCode(), ' ', $response->getHeaderLine('Retry-After'), ' requests: ', count(requests("order-$id/paid")), "\n";
    }
    echo 'no order: ', $handler->handle($request->withAttribute('order_id', '404'))->getStatusCode(), "\n";
    PHP;
$answers = str_replace('/HARNESS', dirname(__DIR__) . '/harness', $answers);
echo php($answers), "with an outbox\n", php($answers, outbox_settings());
?>
--EXPECT--
taken: 200  requests: 1
status:503: 503 60 requests: 1
status:429,retry-after:7: 503 7 requests: 1
before:close: 503 60 requests: 0
status:422: 502  requests: 1
no order: 404
with an outbox
taken: 200  requests: 1
status:503: 202  requests: 1
status:429,retry-after:7: 202  requests: 1
before:close: 202  requests: 0
status:422: 502  requests: 1
no order: 404
