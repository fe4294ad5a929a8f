<?php

/**
 * A PSR-15 request handler: POST /orders/{order_id}/send, behind your router and authentication. Needs secure-dispatch/stubs and a PSR-17 factory.
 *
 *     new SendOrderHandler(new ExtensionDispatcher(), fn (int $id) => $repository->asArray($id), new Psr17Factory());
 */

declare(strict_types=1);

namespace App\Http;

use Closure;
use Psr\Http\Message\ResponseFactoryInterface;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Http\Server\RequestHandlerInterface;
use SecureDispatch\Dispatcher\DispatcherInterface;
use SecureDispatch\Dispatcher\PermanentFailure;
use SecureDispatch\Dispatcher\TemporaryFailure;

final readonly class SendOrderHandler implements RequestHandlerInterface
{
    /** @param Closure(int): (array{status: string, ...}|null) $order Finds an order. */
    public function __construct(
        private DispatcherInterface $dispatcher,
        private Closure $order,
        private ResponseFactoryInterface $responses,
    ) {
    }

    public function handle(ServerRequestInterface $request): ResponseInterface
    {
        $id = (int) $request->getAttribute('order_id');
        $order = ($this->order)($id);
        if ($order === null) {
            return $this->responses->createResponse(404);
        }

        try {
            $result = $this->dispatcher->dispatch($order, "order-$id/{$order['status']}");
        } catch (TemporaryFailure $failure) {
            // The client calls again; the key will be the same.
            return $this->responses->createResponse(503)->withHeader('Retry-After', (string) ($failure->retryAfter ?? 60));
        } catch (PermanentFailure) {
            // Why, the extension's log tells the operator. The client could do nothing about it.
            return $this->responses->createResponse(502);
        }

        // 202: it is in the outbox, and will be sent.
        return $this->responses->createResponse($result->isDelivered() ? 200 : 202);
    }
}
