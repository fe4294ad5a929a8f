<?php

/** src/MessageHandler/SendOrderHandler.php: $bus->dispatch(new OrderStatusChanged(17, 'paid')) has it called; secure_dispatch.yaml says where. */

declare(strict_types=1);

namespace App\MessageHandler;

use App\Message\OrderStatusChanged;
use App\Service\OrderSender;
use SecureDispatch\Dispatcher\PermanentFailure;
use SecureDispatch\Dispatcher\TemporaryFailure;
use Symfony\Component\Messenger\Attribute\AsMessageHandler;
use Symfony\Component\Messenger\Exception\RecoverableMessageHandlingException;
use Symfony\Component\Messenger\Exception\UnrecoverableMessageHandlingException;

#[AsMessageHandler]
final readonly class SendOrderHandler
{
    public function __construct(private OrderSender $sender)
    {
    }

    public function __invoke(OrderStatusChanged $message): void
    {
        try {
            $this->sender->send($message->orderId, $message->status);
        } catch (PermanentFailure $failure) {
            // To the failure transport at once. When it is mended: messenger:failed:retry.
            throw new UnrecoverableMessageHandlingException($failure->getMessage(), 0, $failure);
        } catch (TemporaryFailure $failure) {
            if ($failure->retryAfter === null) {
                // The retry strategy says when, and how often.
                throw $failure;
            }
            // The API said when: in milliseconds, and as often as it says so, whatever max_retries is.
            throw new RecoverableMessageHandlingException($failure->getMessage(), 0, $failure, $failure->retryAfter * 1000);
        }
    }
}
