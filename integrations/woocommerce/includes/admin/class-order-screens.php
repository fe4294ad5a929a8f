<?php
/**
 * The list of orders, and the page of one.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce\Admin;

use SecureDispatch\WooCommerce\Extension;
use SecureDispatch\WooCommerce\Follow_Up;
use SecureDispatch\WooCommerce\Log;
use SecureDispatch\WooCommerce\Receipt;
use SecureDispatch\WooCommerce\Receipts;
use SecureDispatch\WooCommerce\Sender;
use SecureDispatch\WooCommerce\Words;

defined( 'ABSPATH' ) || exit;

/**
 * A column, a box, and "Send again" for one order and for many; for both kinds of storage.
 */
final class Order_Screens {

	private const ACTION = 'secure_dispatch_send_again';
	private const DONE   = 'secure_dispatch_sent';
	private const COLUMN = 'secure_dispatch';

	/** The owner waits for so long to see what becomes of it. */
	private const PATIENCE = 3;

	/**
	 * Hooks into WooCommerce.
	 */
	public static function hook(): void {
		add_filter( 'woocommerce_shop_order_list_table_columns', array( self::class, 'add_column' ) );
		add_action( 'woocommerce_shop_order_list_table_custom_column', array( self::class, 'show_column' ), 10, 2 );
		add_filter( 'manage_edit-shop_order_columns', array( self::class, 'add_column' ), 20 );
		add_action( 'manage_shop_order_posts_custom_column', array( self::class, 'show_column' ), 20, 2 );
		foreach ( array( 'woocommerce_page_wc-orders', 'edit-shop_order' ) as $screen ) {
			add_filter( "bulk_actions-$screen", array( self::class, 'add_action' ) );
			add_filter( "handle_bulk_actions-$screen", array( self::class, 'send_many' ), 10, 3 );
		}
		add_filter( 'woocommerce_order_actions', array( self::class, 'add_action' ), 10, 2 );
		add_action( 'woocommerce_order_action_' . self::ACTION, array( self::class, 'send_one' ) );
		add_action( 'add_meta_boxes', array( self::class, 'add_box' ) );
		add_action( 'admin_notices', array( self::class, 'tell_sent' ) );
		// It is told once, not at each reload of the page.
		add_filter( 'removable_query_args', static fn ( $names ) => array_merge( (array) $names, array( self::DONE ) ) );
	}

	/**
	 * The column, behind the status.
	 *
	 * @param string[] $columns Columns.
	 */
	public static function add_column( $columns ): array {
		$with = array();
		foreach ( (array) $columns as $name => $title ) {
			$with[ $name ] = $title;
			if ( 'order_status' === $name ) {
				$with[ self::COLUMN ] = __( 'Secure Dispatch', 'secure-dispatch' );
			}
		}
		return $with + array( self::COLUMN => __( 'Secure Dispatch', 'secure-dispatch' ) );
	}

	/**
	 * What became of the last dispatch.
	 *
	 * @param string        $column The column.
	 * @param \WC_Order|int $order  The order.
	 */
	public static function show_column( $column, $order ): void {
		if ( self::COLUMN !== $column ) {
			return;
		}
		$order   = $order instanceof \WC_Order ? $order : wc_get_order( $order );
		$receipt = $order instanceof \WC_Order ? Receipts::last( $order ) : null;
		if ( null === $receipt ) {
			echo '<span aria-hidden="true">&ndash;</span>';
			return;
		}
		self::mark( $receipt );
	}

	/**
	 * The box on an order's page.
	 */
	public static function add_box(): void {
		add_meta_box( 'secure-dispatch', __( 'Secure Dispatch', 'secure-dispatch' ), array( self::class, 'show_box' ), wc_get_page_screen_id( 'shop-order' ), 'side' );
	}

	/**
	 * What became of each dispatch, newest first.
	 *
	 * @param \WP_Post|\WC_Order $subject The order, as the storage has it.
	 */
	public static function show_box( $subject ): void {
		$order    = $subject instanceof \WC_Order ? $subject : wc_get_order( $subject->ID );
		$receipts = $order instanceof \WC_Order ? array_reverse( Receipts::of( $order ) ) : array();
		if ( array() === $receipts ) {
			echo '<p>' . esc_html__( 'Nothing was sent of this order yet. "Send again", under Order actions, sends it now.', 'secure-dispatch' ) . '</p>';
			return;
		}
		echo '<ul>';
		foreach ( $receipts as $receipt ) {
			echo '<li><p>';
			self::mark( $receipt );
			printf(
				' <strong>%s</strong><br>%s</p><p>%s</p></li>',
				esc_html( Words::status( $receipt->status ) ),
				esc_html( wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), (int) $receipt->since ) ),
				esc_html( ucfirst( Words::sentence( $receipt ) ) )
			);
		}
		echo '</ul>';
	}

	/**
	 * Adds "Send again" to what can be done with an order, or with many.
	 *
	 * @param string[]       $actions Actions.
	 * @param \WC_Order|null $order   The one; null: many.
	 */
	public static function add_action( $actions, $order = null ): array {
		if ( $order instanceof \WC_Abstract_Order && 'shop_order' !== $order->get_type() ) {
			return (array) $actions;
		}
		return (array) $actions + array( self::ACTION => __( 'Send again (Secure Dispatch)', 'secure-dispatch' ) );
	}

	/**
	 * Sends one. WooCommerce has checked nonce and capability.
	 *
	 * @param \WC_Order $order The order.
	 */
	public static function send_one( $order ): void {
		self::send( array( $order->get_id() ) );
	}

	/**
	 * Sends many. WordPress or WooCommerce has checked the nonce.
	 *
	 * @param string $url    Where to go on.
	 * @param string $action What was asked for.
	 * @param int[]  $ids    The orders.
	 */
	public static function send_many( $url, $action, $ids ) {
		if ( self::ACTION !== $action || ! current_user_can( 'edit_shop_orders' ) ) {
			return $url;
		}
		$sent = self::send( array_map( 'intval', (array) $ids ) );
		return add_query_arg( self::DONE, $sent . '-' . count( (array) $ids ), $url );
	}

	/**
	 * Tells how many were sent.
	 */
	public static function tell_sent(): void {
		// phpcs:ignore WordPress.Security.NonceVerification -- Two numbers to be shown, nothing is done.
		$done = isset( $_GET[ self::DONE ] ) ? sanitize_text_field( wp_unslash( $_GET[ self::DONE ] ) ) : '';
		if ( ! preg_match( '/^(\d{1,6})-(\d{1,6})$/', $done, $counts ) ) {
			return;
		}
		printf(
			'<div class="notice notice-%s is-dismissible"><p>%s</p></div>',
			esc_attr( $counts[1] === $counts[2] ? 'success' : 'warning' ),
			/* translators: 1, 2: numbers of orders. */
			esc_html( sprintf( __( 'Secure Dispatch: %1$d of %2$d orders were sent, or are on their way; what became of each is in its notes.', 'secure-dispatch' ), $counts[1], $counts[2] ) )
		);
	}

	/**
	 * Sends orders again, and waits a little for what becomes of them, as whoever asked for it is looking.
	 *
	 * @param int[] $order_ids The orders.
	 * @return int How many were sent, or are on their way.
	 */
	private static function send( array $order_ids ): int {
		if ( null !== Extension::fault() ) {
			// The notice at the top of each page says so.
			return 0;
		}
		$taken = array();
		foreach ( $order_ids as $order_id ) {
			try {
				if ( Sender::again( $order_id )?->is_taken() ) {
					$taken[] = $order_id;
				}
			} catch ( \Throwable $error ) {
				Log::surprise( $error, $order_id );
				// "Order updated" is all that WooCommerce would say.
				\WC_Admin_Meta_Boxes::add_error( __( 'Secure Dispatch: the order was not sent. The log (source secure-dispatch) says why.', 'secure-dispatch' ) );
			}
		}
		try {
			if ( array() !== $taken && Extension::has_outbox() ) {
				Extension::drain( self::PATIENCE );
				array_map( array( Follow_Up::class, 'look' ), $taken );
			}
		} catch ( \Throwable $error ) {
			// They are in the outbox, and what becomes of them is learnt later.
			Log::surprise( $error );
		}
		return count( $taken );
	}

	/**
	 * The state, in WooCommerce's own colours for statuses.
	 *
	 * @param Receipt $receipt The receipt.
	 */
	private static function mark( Receipt $receipt ): void {
		$colour = match ( $receipt->state ) {
			Receipt::DELIVERED => 'status-processing',
			Receipt::ANNOUNCED, Receipt::QUEUED, Receipt::OVERTAKEN, Receipt::DISCARDED => 'status-pending',
			Receipt::UNCONFIRMED, Receipt::FAILED, Receipt::HELD, Receipt::GONE => 'status-on-hold',
			default => 'status-failed',
		};
		printf( '<mark class="order-status %s" title="%s"><span>%s</span></mark>', esc_attr( $colour ), esc_attr( Words::sentence( $receipt ) ), esc_html( Words::label( $receipt->state ) ) );
	}
}
