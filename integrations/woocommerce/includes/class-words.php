<?php
/**
 * What shop owners read.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * Plain words for what became of an order: what happened, what it means, what to do.
 */
final class Words {

	/**
	 * A state in one or two words.
	 *
	 * @param string $state One of Receipt's.
	 */
	public static function label( string $state ): string {
		$labels = array(
			Receipt::DELIVERED   => __( 'Sent', 'secure-dispatch' ),
			Receipt::ANNOUNCED   => __( 'On its way', 'secure-dispatch' ),
			Receipt::QUEUED      => __( 'On its way', 'secure-dispatch' ),
			Receipt::UNCONFIRMED => __( 'No answer', 'secure-dispatch' ),
			Receipt::HELD        => __( 'Held', 'secure-dispatch' ),
			Receipt::REJECTED    => __( 'Refused', 'secure-dispatch' ),
			Receipt::DEAD        => __( 'Given up', 'secure-dispatch' ),
			Receipt::INVALID     => __( 'Not sent', 'secure-dispatch' ),
			Receipt::FAILED      => __( 'Not sent yet', 'secure-dispatch' ),
			Receipt::GONE        => __( 'Not in the outbox', 'secure-dispatch' ),
			Receipt::DISCARDED   => __( 'Discarded', 'secure-dispatch' ),
			Receipt::OVERTAKEN   => __( 'Overtaken', 'secure-dispatch' ),
		);
		return $labels[ $state ] ?? $state;
	}

	/**
	 * The order note about an outcome.
	 *
	 * @param Receipt $receipt The outcome.
	 */
	public static function note( Receipt $receipt ): string {
		/* translators: 1: name of an order status. 2: a host name. 3: what became of it, one or more sentences. */
		return sprintf( __( 'Secure Dispatch, order status "%1$s", to %2$s: %3$s', 'secure-dispatch' ), self::status( $receipt->status ), Extension::host(), self::sentence( $receipt ) );
	}

	/**
	 * What became of a dispatch, and what to do.
	 *
	 * @param Receipt $receipt The dispatch.
	 */
	public static function sentence( Receipt $receipt ): string {
		$http = null === $receipt->http ? '' : ' (HTTP ' . $receipt->http . ')';
		switch ( $receipt->state ) {
			case Receipt::DELIVERED:
				/* translators: %s: " (HTTP 201)", or nothing. */
				return sprintf( __( 'sent, and taken%s.', 'secure-dispatch' ), $http );
			case Receipt::ANNOUNCED:
				return __( 'on its way. It is sent within minutes, and until it is taken.', 'secure-dispatch' );
			case Receipt::DISCARDED:
				return __( 'discarded by a shop manager. If the service should know of it after all, "Send again".', 'secure-dispatch' );
			case Receipt::QUEUED:
				return __( 'on its way. It is kept on disk, and sent until it is taken.', 'secure-dispatch' );
			case Receipt::UNCONFIRMED:
				return ini_get( 'secure_dispatch.resend_unconfirmed' )
					/* translators: %s: " (HTTP 502)", or nothing. */
					? sprintf( __( 'sent, but the answer was lost%s. It is sent again under the same number, by which the service can tell that it is the same.', 'secure-dispatch' ), $http )
					/* translators: %s: " (HTTP 502)", or nothing. */
					: sprintf( __( 'sent, but the answer was lost%s, so that it is not known whether it was taken. It is not sent again by itself. Ask the service whether it has the order; if not, "Send again".', 'secure-dispatch' ), $http );
			case Receipt::HELD:
				/* translators: %s: why, in English. */
				return sprintf( __( 'held back: %s. It is kept. Ask your host to look at it (secure-dispatch doctor); "Send again" sends it to the service that is set now.', 'secure-dispatch' ), $receipt->detail );
			case Receipt::REJECTED:
				/* translators: %s: " (HTTP 422)". */
				return sprintf( __( 'refused by the service%s. It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".', 'secure-dispatch' ), $http );
			case Receipt::DEAD:
				/* translators: %s: " (HTTP 503)", or nothing. */
				return sprintf( __( 'given up: the service could not be reached for days%s. It is kept. When the service works again, "Send again".', 'secure-dispatch' ), $http );
			case Receipt::INVALID:
				if ( 'size' === $receipt->detail ) {
					return __( 'not sent, as it is too large (secure_dispatch.max_order_bytes). Ask your host to allow more in php.ini, then "Send again".', 'secure-dispatch' );
				}
				/* translators: %s: places in the order and rules, such as "/billing/email format". */
				return sprintf( __( 'not sent, as the order does not fit what may be sent: %s. Correct the order, then "Send again".', 'secure-dispatch' ), $receipt->detail );
			case Receipt::FAILED:
				if ( '' !== $receipt->detail && '' !== $receipt->digest ) {
					/* translators: %s: one or more sentences, in English. */
					return sprintf( __( 'not sent yet, as it could not be put into the outbox: %s. It is tried again every minute; ask your host to look at it (secure-dispatch doctor).', 'secure-dispatch' ), rtrim( $receipt->detail, '.' ) );
				}
				if ( '' !== $receipt->detail ) {
					/* translators: %s: what stopped it. */
					return sprintf( __( 'not sent yet: it was stopped by %s; the log (source secure-dispatch) says where. It is tried again every minute.', 'secure-dispatch' ), $receipt->detail );
				}
				/* translators: %s: " (HTTP 503)", or nothing. */
				return sprintf( __( 'not sent yet: the service could not be reached%s. It is tried again every minute.', 'secure-dispatch' ), $http );
			case Receipt::GONE:
				return __( 'the outbox does not have it any more: it was discarded, or the outbox was replaced. If the service should know of the order, "Send again".', 'secure-dispatch' );
			case Receipt::OVERTAKEN:
				return __( 'not sent before newer news of the order were.', 'secure-dispatch' );
			default:
				return self::label( $receipt->state );
		}
	}

	/**
	 * What came of the background work, or of a part of it.
	 *
	 * @param array $result As Schedule::last().
	 */
	public static function work( array $result ): string {
		if ( isset( $result['fault'] ) ) {
			return '✘ ' . $result['fault'];
		}
		$drained    = $result['drained'] ?? array();
		$reconciled = $result['reconciled'] ?? array();
		$counts     = array(
			/* translators: %s: a number of orders. */
			array( $drained['delivered'] ?? 0, __( '%s sent', 'secure-dispatch' ) ),
			/* translators: %s: a number of orders. */
			array( $drained['rejected'] ?? 0, __( '%s refused by the service', 'secure-dispatch' ) ),
			/* translators: %s: a number of orders. */
			array( $drained['dead'] ?? 0, __( '%s given up', 'secure-dispatch' ) ),
			/* translators: %s: a number of orders. */
			array( $drained['deferred'] ?? 0, __( '%s not taken, to be tried again later', 'secure-dispatch' ) ),
			/* translators: %s: a number of orders. */
			array( $reconciled['sent'] ?? 0, __( '%s had been missed, and were sent now', 'secure-dispatch' ) ),
		);
		$told = array();
		foreach ( $counts as list( $count, $text ) ) {
			if ( $count > 0 ) {
				$told[] = sprintf( $text, number_format_i18n( $count ) );
			}
		}
		$told = array() === $told ? __( 'nothing was due', 'secure-dispatch' ) : implode( ', ', $told );
		$left = $drained['remaining'] ?? 0;
		/* translators: 1: what was done. 2: a number of orders. */
		return $left > 0 ? sprintf( __( '%1$s; %2$s still wait.', 'secure-dispatch' ), $told, number_format_i18n( $left ) ) : "$told.";
	}

	/**
	 * An order status by its name in the shop.
	 *
	 * @param string $status Without wc-.
	 */
	public static function status( string $status ): string {
		return function_exists( 'wc_get_order_status_name' ) ? wc_get_order_status_name( $status ) : $status;
	}
}
