<?php
/**
 * Tells the service about an order, once.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

use SecureDispatch\Exception\ConfigurationException;
use SecureDispatch\Exception\RejectedException;
use SecureDispatch\Exception\TransportException;
use SecureDispatch\Exception\UnavailableException;
use SecureDispatch\Exception\ValidationException;

defined( 'ABSPATH' ) || exit;

/**
 * Decides whether there is something to tell, under which key, and keeps what became of it. Hooks, the reconciler and the owner's
 * "Send again" all come here.
 */
final class Sender {

	/**
	 * Sends an order as it is now, if that was not told yet.
	 *
	 * @param int  $order_id The order.
	 * @param bool $again    The owner asks for it: whatever its status, and though it was delivered.
	 * @return Receipt|null What was told last; null if there is nothing to tell.
	 * @throws ConfigurationException Nothing can be sent from this PHP.
	 */
	public static function send( int $order_id, bool $again = false ): ?Receipt {
		$order = self::order( $order_id );
		if ( null === $order || ( ! $again && ! in_array( $order->get_status(), Settings::statuses(), true ) ) ) {
			return null;
		}
		$last = Receipts::last( $order );
		try {
			$content = Order_Map::of( $order );
			$digest  = Order_Map::digest( $content );
		} catch ( \Throwable $error ) {
			return self::stumble( $order, $last, $error );
		}
		$is_news = null === $last || ! $last->tells( $order->get_status(), $digest );
		if ( $is_news || ( $again && Receipt::DELIVERED === $last->state ) ) {
			$new = new Receipt( $order_id, $order->get_status(), $digest, self::key( $order, $digest, $last ), '', null, '', time() );
			return self::dispatch( $order, $content, $new );
		}
		if ( Receipt::FAILED === $last->state || ( $again && ! $last->is_taken() ) ) {
			// Under the same key: whoever took it in after all knows it by that.
			return self::dispatch( $order, $content, $last );
		}
		return $again ? self::hurry( $order, $last ) : $last;
	}

	/**
	 * What is to be sent cannot be made: a filter of another plugin's stumbles over the order. It is tried again, and seen.
	 *
	 * @param \WC_Order    $order The order.
	 * @param Receipt|null $last  What was told last.
	 * @param \Throwable   $error What stopped it.
	 */
	private static function stumble( \WC_Order $order, ?Receipt $last, \Throwable $error ): Receipt {
		if ( null !== $last && $last->tells( $order->get_status(), '' ) ) {
			return $last;
		}
		Log::surprise( $error, $order->get_id() );
		$receipt = new Receipt( $order->get_id(), $order->get_status(), '', self::key( $order, '', $last ), '', null, '', time() );
		return self::settle( $order, $receipt, $receipt->in( Receipt::FAILED, null, $error::class ) );
	}

	/**
	 * An order as the database has it: whoever calls may have an older one in its hands, or one that is not saved.
	 *
	 * @param int $order_id Its id.
	 * @return \WC_Order|null Null for what is no order, such as a refund or a subscription.
	 */
	public static function order( int $order_id ): ?\WC_Order {
		$order = wc_get_order( $order_id );
		if ( ! $order instanceof \WC_Order || 'shop_order' !== $order->get_type() ) {
			return null;
		}
		$order->read_meta_data( true );
		return $order;
	}

	/**
	 * The idempotency key. The same for the same news, whoever tells it, however often; another when the order comes back to what it was
	 * (the key before is another then), so that it is told again.
	 *
	 * @param \WC_Order    $order  The order.
	 * @param string       $digest What is told.
	 * @param Receipt|null $last   What was told before.
	 */
	private static function key( \WC_Order $order, string $digest, ?Receipt $last ): string {
		$parts = array( Settings::site(), $order->get_id(), $order->get_status(), $digest, $last?->key );
		return sprintf( '%d-%s-%s', $order->get_id(), sanitize_key( $order->get_status() ), substr( hash( 'sha256', (string) wp_json_encode( $parts ) ), 0, 40 ) );
	}

	/**
	 * Has the outbox try at once what it has.
	 *
	 * @param \WC_Order $order   The order.
	 * @param Receipt   $receipt What was told of it.
	 */
	private static function hurry( \WC_Order $order, Receipt $receipt ): Receipt {
		$row = Extension::find( $receipt->key );
		if ( null !== $row && Receipt::DELIVERED !== $row['state'] ) {
			Extension::retry( $row['id'] );
			$row = Extension::find( $receipt->key );
		}
		return self::settle( $order, $receipt, $receipt->found( $row ) );
	}

	/**
	 * Sends, and keeps what became of it.
	 *
	 * @param \WC_Order $order   The order.
	 * @param array     $content What is told of it.
	 * @param Receipt   $receipt Under which key; as it was kept before, if it was.
	 */
	private static function dispatch( \WC_Order $order, #[\SensitiveParameter] array $content, Receipt $receipt ): Receipt {
		try {
			$answer = Extension::send( $content, $receipt->key, Settings::waits() );
			$now    = $receipt->in( $answer->state->value, $answer->status );
		} catch ( ValidationException $error ) {
			$rules = array_map( static fn ( array $violation ) => trim( implode( ' ', $violation ) ), $error->violations );
			$now   = in_array( 'key_reused', array_column( $error->violations, 1 ), true )
				// Another process was faster, with another moment of payment.
				? $receipt->found( Extension::find( $receipt->key ) )
				: $receipt->in( Receipt::INVALID, null, implode( ', ', array_slice( $rules, 0, 10 ) ) );
		} catch ( RejectedException $error ) {
			$now = $receipt->in( Receipt::REJECTED, $error->status );
		} catch ( UnavailableException $error ) {
			$now = $receipt->in( Receipt::FAILED, $error->status );
		} catch ( TransportException ) {
			$now = $receipt->in( Receipt::FAILED );
		}
		return self::settle( $order, $receipt, $now );
	}

	/**
	 * Keeps what became of a dispatch, and tells the owner if that is news.
	 *
	 * @param \WC_Order $order  The order.
	 * @param Receipt   $before As it was kept before.
	 * @param Receipt   $now    As it is now.
	 */
	public static function settle( \WC_Order $order, Receipt $before, Receipt $now ): Receipt {
		if ( $before->row() === $now->row() && 0 !== $now->meta_id ) {
			return $now;
		}
		Receipts::keep( $order, $now );
		// That it is on its way is no news yet: writing a note takes longer than keeping the order, and the shopper waits.
		$is_news = $before->state !== $now->state && ! in_array( $now->state, array( Receipt::QUEUED, Receipt::OVERTAKEN ), true );
		if ( $is_news && ( 0 !== $now->meta_id || Receipts::is_first( $order, $now ) ) ) {
			$order->add_order_note( Words::note( $now ) );
		}
		Log::outcome( $now );
		return $now;
	}
}
