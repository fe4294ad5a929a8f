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

	private const PATIENCE = 3;

	/**
	 * Tells of an order as it is now, if it is in a status that is told about, and that was not told yet.
	 *
	 * @param int $order_id The order.
	 * @param int $patience How often to look again, if other processes tell of it at the same time.
	 * @return Receipt|null What is told; null if there is nothing to tell, or another process tells it.
	 * @throws ConfigurationException Nothing can be sent from this PHP: it is announced, and sent later.
	 */
	public static function tell( int $order_id, int $patience = self::PATIENCE ): ?Receipt {
		$order = self::order( $order_id );
		return null === $order ? null : self::tell_of( $order, $patience );
	}

	/**
	 * The same, of an order that was just read.
	 *
	 * @param \WC_Order $order    As order() has it.
	 * @param int       $patience As tell().
	 * @return Receipt|null As tell().
	 * @throws ConfigurationException As tell().
	 */
	public static function tell_of( \WC_Order $order, int $patience = self::PATIENCE ): ?Receipt {
		if ( ! in_array( $order->get_status(), Settings::statuses(), true ) ) {
			return null;
		}
		$content = self::content( $order );
		$digest  = self::digest( $content );
		$last    = self::last_told( $order );
		// That it cannot be made is written down once, too.
		$told = null === $content ? Receipts::last( $order ) : $last;
		if ( $told && $told->tells( $order->get_status(), $digest ) ) {
			return null;
		}
		$receipt = self::announce( $order, $digest, $last );
		if ( null === $receipt ) {
			// It may be the same, or what the order has become since it was read.
			return $patience > 0 ? self::tell( $order->get_id(), $patience - 1 ) : null;
		}
		// An outbox that cannot be used is not to be gone past while a shopper waits, nor by what older news of the order is in it.
		$waits = Settings::waits() && ! is_admin() && ! wp_doing_cron() && 'cli' !== PHP_SAPI && Extension::keeps();
		if ( null === $content || ( ! $waits && ! Extension::has_outbox() ) ) {
			// Without an outbox sending takes as long as the API does: Follow_Up sends it.
			return $receipt;
		}
		return self::dispatch( $order, $content, $receipt, $waits );
	}

	/**
	 * Tells of an order because its owner asks for it: whatever its status, and though it was delivered.
	 *
	 * @param int $order_id The order.
	 * @return Receipt|null What is told; null if there is no such order.
	 * @throws ConfigurationException Nothing can be sent from this PHP.
	 */
	public static function again( int $order_id ): ?Receipt {
		$order = self::order( $order_id );
		if ( null === $order ) {
			return null;
		}
		$content = self::content( $order );
		$digest  = self::digest( $content );
		$last    = self::last_told( $order );
		if ( $last && $last->is_moving() && Extension::has_outbox() ) {
			// It may have arrived since somebody last looked.
			$row  = Extension::find( $last->key );
			$last = null === $row ? $last : self::settle( $order, $last, $last->found( $row ) );
		}
		if ( null === $last || ! $last->tells( $order->get_status(), $digest ) || Receipt::DELIVERED === $last->state ) {
			$receipt = self::announce( $order, $digest, $last );
			return null === $receipt || null === $content ? $receipt : self::dispatch( $order, $content, $receipt, false );
		}
		// Under the same key: whoever took it in after all knows it by that.
		return $last->is_taken() ? self::hurry( $order, $last ) : self::dispatch( $order, (array) $content, $last, false );
	}

	/**
	 * Sends, in the background, what was announced and could not be sent, or was not.
	 *
	 * @param \WC_Order $order   The order.
	 * @param Receipt   $receipt What is due.
	 * @param bool      $passes  Whether it may go past an outbox that cannot be used: nobody waits here, but older news of the order may be in it.
	 * @return Receipt As it is now.
	 * @throws ConfigurationException Nothing can be sent from this PHP.
	 */
	public static function resume( \WC_Order $order, Receipt $receipt, bool $passes ): Receipt {
		$content = self::content( $order, '' === $receipt->digest );
		if ( null === $content ) {
			return $receipt;
		}
		if ( ! $receipt->tells( $order->get_status(), self::digest( $content ) ) ) {
			// There is other news by now.
			$overtaken = self::settle( $order, $receipt, $receipt->in( Receipt::OVERTAKEN ) );
			self::tell_of( $order );
			return $overtaken;
		}
		return self::dispatch( $order, $content, $receipt, $passes );
	}

	/**
	 * An order as the database has it: whoever calls may have an older one in its hands, or one that is not saved.
	 *
	 * @param int $order_id Its id.
	 * @return \WC_Order|null Null for what is no order, such as a refund or a subscription.
	 * @throws \RuntimeException The database does not answer.
	 */
	public static function order( int $order_id ): ?\WC_Order {
		global $wpdb;
		Storage::forget( $order_id );
		$wpdb->last_error = '';
		$order            = wc_get_order( $order_id );
		if ( ! $order && '' !== $wpdb->last_error ) {
			throw new \RuntimeException( 'the database does not tell of an order' );
		}
		if ( ! $order instanceof \WC_Order || 'shop_order' !== $order->get_type() ) {
			return null;
		}
		Receipts::read( $order );
		return $order;
	}

	/**
	 * What is to be sent; null if it cannot be made, since a filter of another plugin's stumbles over the order.
	 *
	 * @param \WC_Order $order   The order.
	 * @param bool      $is_told Whether the log has it already.
	 */
	private static function content( \WC_Order $order, bool $is_told = false ): ?array {
		try {
			return Order_Map::of( $order );
		} catch ( \Throwable $error ) {
			if ( ! $is_told ) {
				Log::surprise( $error, $order->get_id() );
			}
			return null;
		}
	}

	/**
	 * By what news are told apart; nothing where they cannot be made.
	 *
	 * @param array|null $content What is to be sent.
	 */
	private static function digest( ?array $content ): string {
		return null === $content ? '' : Order_Map::digest( $content );
	}

	/**
	 * What was last told, leaving out what could not be made.
	 *
	 * @param \WC_Order $order The order.
	 */
	private static function last_told( \WC_Order $order ): ?Receipt {
		$told = array_filter( Receipts::of( $order ), static fn ( Receipt $receipt ) => '' !== $receipt->digest );
		return end( $told ) ?: null;
	}

	/**
	 * Writes down what is to be told.
	 *
	 * @param \WC_Order    $order  The order.
	 * @param string       $digest What is told; nothing if it cannot be made now.
	 * @param Receipt|null $last   What was told before.
	 * @return Receipt|null Null if another process has announced something of it since it was read.
	 */
	private static function announce( \WC_Order $order, string $digest, ?Receipt $last ): ?Receipt {
		$state  = '' === $digest ? Receipt::FAILED : Receipt::ANNOUNCED;
		$detail = '' === $digest ? __( 'an error in other code of the shop', 'secure-dispatch' ) : '';
		// Clocks are set back; what comes later is later.
		$since   = max( microtime( true ), 0.001 + ( Receipts::last( $order )?->since ?? 0.0 ) );
		$receipt = Receipts::announce( $order, new Receipt( $order->get_id(), $order->get_status(), $digest, self::key( $order, $digest, $last ), $state, null, $detail, $since ) );
		if ( $receipt && Receipt::FAILED === $state ) {
			$order->add_order_note( Words::note( $receipt ) );
			Log::outcome( $receipt );
		}
		return $receipt;
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
	 * @param Receipt   $receipt Under which key, as it is kept.
	 * @param bool      $waits   Whether to wait for the answer.
	 */
	private static function dispatch( \WC_Order $order, #[\SensitiveParameter] array $content, Receipt $receipt, bool $waits ): Receipt {
		try {
			$answer = Extension::send( $content, $receipt->key, $waits );
			$now    = $receipt->in( $answer->state->value, $answer->status );
			if ( Receipt::ANNOUNCED === $receipt->state && Receipt::QUEUED === $now->state ) {
				// That it is on its way is written down already; the shopper waits.
				return $now;
			}
		} catch ( ValidationException $error ) {
			$rules = array_map( static fn ( array $violation ) => trim( implode( ' ', $violation ) ), $error->violations );
			$now   = in_array( 'key_reused', array_column( $error->violations, 1 ), true )
				// It was taken in before, with another moment of payment.
				? $receipt->found( Extension::find( $receipt->key ) )
				: $receipt->in( Receipt::INVALID, null, implode( ', ', array_slice( $rules, 0, 10 ) ) );
		} catch ( RejectedException $error ) {
			$now = $receipt->in( Receipt::REJECTED, $error->status );
		} catch ( UnavailableException $error ) {
			// Without waiting nothing but the outbox is asked: what it says is no answer of the service's.
			$now = $receipt->in( Receipt::FAILED, $error->status, ! $waits && Extension::has_outbox() ? $error->getMessage() : '' );
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
		if ( $before->row() === $now->row() ) {
			return $now;
		}
		Receipts::read( $order );
		foreach ( Receipts::of( $order ) as $kept ) {
			if ( $kept->key === $now->key && $kept->state === $now->state && $kept->state !== $before->state ) {
				// Another process has learnt it, too, and told.
				return $kept;
			}
		}
		$now = Receipts::keep( $order, $now );
		if ( $before->state !== $now->state && ! in_array( $now->state, array( Receipt::QUEUED, Receipt::OVERTAKEN ), true ) ) {
			$order->add_order_note( Words::note( $now ) );
		}
		Log::outcome( $now );
		return $now;
	}
}
