<?php
/**
 * What waits in the outbox, and what can be done about it.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce\Admin;

use SecureDispatch\WooCommerce\Extension;
use SecureDispatch\WooCommerce\Follow_Up;
use SecureDispatch\WooCommerce\Log;
use SecureDispatch\WooCommerce\Receipt;
use SecureDispatch\WooCommerce\Receipts;
use SecureDispatch\WooCommerce\Schedule;
use SecureDispatch\WooCommerce\Sender;
use SecureDispatch\WooCommerce\Words;

defined( 'ABSPATH' ) || exit;

/**
 * The table on the status page, and the buttons in it.
 *
 * The sites of a network have one outbox. A site's shop manager may do something about this site's orders, a super admin about all.
 */
final class Outbox_Table {

	private const ACTION = 'secure_dispatch_do';
	private const SHOWN  = 50;
	/** As many as Outbox::list() gives. */
	private const FOUND = 1000;

	/** Whoever presses a button waits for so long to see what becomes of it. */
	private const PATIENCE = 5;

	/**
	 * Hooks into WordPress.
	 */
	public static function hook(): void {
		add_action( 'admin_post_' . self::ACTION, array( self::class, 'act' ) );
	}

	/**
	 * Does what a button asks for, and goes back to the page.
	 */
	public static function act(): void {
		check_admin_referer( self::ACTION );
		if ( ! current_user_can( 'manage_woocommerce' ) ) {
			wp_die( esc_html__( 'You may not do that.', 'secure-dispatch' ), '', 403 );
		}
		$what = isset( $_POST['what'] ) && is_string( $_POST['what'] ) ? sanitize_key( $_POST['what'] ) : '';
		$id   = isset( $_POST['id'] ) && is_string( $_POST['id'] ) ? sanitize_text_field( wp_unslash( $_POST['id'] ) ) : '';
		try {
			$message = self::carry_out( $what, $id );
		} catch ( \Throwable $error ) {
			Log::surprise( $error );
			$message = Extension::says( $error ) ?? __( 'That did not work. The log (source secure-dispatch) says why.', 'secure-dispatch' );
		}
		Status_Page::go_and_tell( $message );
	}

	/**
	 * What waits, with buttons.
	 */
	public static function show(): void {
		try {
			$kept = Extension::kept( self::SHOWN );
		} catch ( \SecureDispatch\Exception\SecureDispatchException ) {
			// The banner above says what is wrong with it.
			return;
		}
		echo '<h2>' . esc_html__( 'Outbox', 'secure-dispatch' ) . '</h2>';
		if ( array() === $kept ) {
			echo '<p>' . esc_html__( 'Nothing waits: the service has taken everything.', 'secure-dispatch' ) . '</p>';
			return;
		}
		echo '<p>' . esc_html__( 'Orders that the service has not taken yet. They are kept here, encrypted, and sent by themselves, unless it says otherwise below.', 'secure-dispatch' ) . '</p><p>';
		self::button( 'drain', __( 'Send what is due', 'secure-dispatch' ), '', 'button button-primary' );
		if ( self::may_touch_all() ) {
			self::button( 'retry_all', __( 'Try all again now', 'secure-dispatch' ) );
		}
		echo '</p><table class="widefat striped secure-dispatch-outbox"><thead><tr>';
		$titles = self::titles();
		foreach ( $titles as $title ) {
			printf( '<th scope="col">%s</th>', esc_html( $title ) );
		}
		echo '</tr></thead><tbody>';
		foreach ( $kept as $row ) {
			echo '<tr>';
			foreach ( self::cells( $row ) as $name => $show ) {
				// The title, for narrow screens, where each cell is a line of its own.
				printf( '<td data-title="%s">', esc_attr( $titles[ $name ] ) );
				$show();
				echo '</td>';
			}
			echo '</tr>';
		}
		echo '</tbody></table>';
		if ( self::SHOWN === count( $kept ) ) {
			/* translators: %d: a number. */
			echo '<p>' . esc_html( sprintf( __( 'The first %d are shown.', 'secure-dispatch' ), self::SHOWN ) ) . '</p>';
		}
	}

	/**
	 * Titles of the columns.
	 *
	 * @return array<string, string>
	 */
	private static function titles(): array {
		return array(
			'order' => __( 'Order', 'secure-dispatch' ),
			'state' => __( 'What became of it', 'secure-dispatch' ),
			'kept'  => __( 'Kept for', 'secure-dispatch' ),
			'tried' => __( 'Times tried', 'secure-dispatch' ),
			'next'  => __( 'Tried again', 'secure-dispatch' ),
			'do'    => __( 'Actions', 'secure-dispatch' ),
		);
	}

	/**
	 * What shows the cells of a row, by column.
	 *
	 * @param array $row As Extension::kept() has it.
	 * @return array<string, callable>
	 */
	private static function cells( array $row ): array {
		$order   = self::order( $row );
		$name    = $order ? '#' . $order->get_order_number() : (string) ( $row['order_id'] ?? '–' );
		$receipt = new Receipt( 0, '', '', '', $row['state'], $row['status'], (string) $row['reason'] );
		return array(
			'order' => static fn () => $order
				? printf( '<a href="%s"><strong>%s</strong></a>', esc_url( $order->get_edit_order_url() ), esc_html( $name ) )
				: print( esc_html( $name ) ),
			'state' => static function () use ( $receipt ) {
				printf( '<strong>%s</strong>', esc_html( Words::label( $receipt->state ) ) );
				if ( Receipt::QUEUED !== $receipt->state ) {
					printf( '<br>%s', esc_html( ucfirst( Words::sentence( $receipt ) ) ) );
				} elseif ( null !== $receipt->http ) {
					/* translators: %d: an HTTP status. */
					printf( '<br>%s', esc_html( sprintf( __( 'The service\'s last answer was HTTP %d.', 'secure-dispatch' ), $receipt->http ) ) );
				}
			},
			'kept'  => static fn () => print( esc_html( human_time_diff( $row['since'] ) ) ),
			'tried' => static fn () => print( esc_html( number_format_i18n( $row['attempts'] ) ) ),
			'next'  => static fn () => print( esc_html( self::due( $row ) ) ),
			'do'    => static function () use ( $row, $order, $name ) {
				if ( $order || self::may_touch_all() ) {
					self::button( $row['superseded'] ? 'retry_old' : 'retry', __( 'Send now', 'secure-dispatch' ), $row['id'], 'button', $name );
					self::button( 'discard', __( 'Discard', 'secure-dispatch' ), $row['id'], 'button-link button-link-delete', $name );
				} else {
					esc_html_e( 'Of another site', 'secure-dispatch' );
				}
			},
		);
	}

	/**
	 * When a row is tried next.
	 *
	 * @param array $row As Extension::kept() has it.
	 */
	private static function due( array $row ): string {
		if ( null !== $row['due'] ) {
			/* translators: %s: a time span. */
			return $row['due'] <= time() ? __( 'within a minute', 'secure-dispatch' ) : sprintf( __( 'in %s', 'secure-dispatch' ), human_time_diff( $row['due'] ) );
		}
		return Receipt::QUEUED === $row['state'] ? __( 'after earlier news of the order', 'secure-dispatch' ) : __( 'not by itself', 'secure-dispatch' );
	}

	/**
	 * This site's order that a row is about; null if that is not known, or another site's.
	 *
	 * @param array $row As Extension::kept() has it.
	 */
	private static function order( array $row ): ?\WC_Order {
		// What is sent as the order's id may have something before the number (on a network, the site's); a receipt is the proof.
		if ( ! preg_match( '/\d+$/', (string) $row['order_id'], $number ) ) {
			return null;
		}
		$order = Sender::order( (int) $number[0] );
		return $order && self::receipt( $order, $row['id'] ) ? $order : null;
	}

	/**
	 * An order's receipt of a dispatch; null if the dispatch is none of its.
	 *
	 * @param \WC_Order $order The order.
	 * @param string    $id    The dispatch's id.
	 */
	private static function receipt( \WC_Order $order, string $id ): ?Receipt {
		foreach ( Receipts::of( $order ) as $receipt ) {
			if ( $receipt->is_open() && ( Extension::find( $receipt->key )['id'] ?? null ) === $id ) {
				return $receipt;
			}
		}
		return null;
	}

	/**
	 * Whether the user may do something about orders that are not this site's.
	 */
	private static function may_touch_all(): bool {
		return ! is_multisite() || current_user_can( 'manage_network' );
	}

	/**
	 * Does what was asked for.
	 *
	 * @param string $what Which button.
	 * @param string $id   Of which dispatch.
	 * @return string What came of it.
	 */
	private static function carry_out( string $what, string $id ): string {
		if ( 'drain' === $what ) {
			return ucfirst( Words::work( Schedule::work() ) );
		}
		if ( 'retry_all' === $what && self::may_touch_all() ) {
			array_map( array( Extension::class, 'retry_all' ), array( 'queued', 'unconfirmed', 'held', 'rejected', 'dead' ) );
			Follow_Up::begin_anew();
			return ucfirst( Words::work( Schedule::work() ) );
		}
		$row = array_column( Extension::kept( self::FOUND ), null, 'id' )[ $id ] ?? null;
		if ( null === $row ) {
			return __( 'The outbox does not have it any more: it was sent or discarded meanwhile.', 'secure-dispatch' );
		}
		$order = self::order( $row );
		if ( null === $order && ! self::may_touch_all() ) {
			return __( 'That is another site\'s order.', 'secure-dispatch' );
		}
		$message = match ( $what ) {
			'retry', 'retry_old' => self::retry( $id, 'retry_old' === $what ),
			'discard' => self::discard( $id, $order )
				? __( 'It is discarded, and will not be sent.', 'secure-dispatch' )
				: __( 'It was not discarded: it was sent meanwhile, or is being sent.', 'secure-dispatch' ),
			default => __( 'There is nothing like that to be done.', 'secure-dispatch' ),
		};
		if ( $order ) {
			// Its note is there when the owner looks.
			Follow_Up::look( $order->get_id() );
		}
		return $message;
	}

	/**
	 * Discards one, and writes down that it was meant so.
	 *
	 * @param string         $id    The dispatch's id.
	 * @param \WC_Order|null $order Its order, if it is one of this site's.
	 */
	private static function discard( string $id, ?\WC_Order $order ): bool {
		$receipt = $order ? self::receipt( $order, $id ) : null;
		if ( ! Extension::discard( $id ) ) {
			return false;
		}
		if ( $receipt ) {
			Sender::settle( $order, $receipt, $receipt->in( Receipt::DISCARDED ) );
		}
		return true;
	}

	/**
	 * Sends one.
	 *
	 * @param string $id    The dispatch's id.
	 * @param bool   $force Though newer news of the order were sent.
	 * @return string What came of it.
	 */
	private static function retry( string $id, bool $force ): string {
		if ( ! Extension::retry( $id, $force ) ) {
			return __( 'It cannot be sent: it was sent meanwhile, is being sent, or cannot be opened.', 'secure-dispatch' );
		}
		return ucfirst( Words::work( array( 'drained' => Extension::drain( self::PATIENCE ) ) ) );
	}

	/**
	 * A form with one button.
	 *
	 * @param string $what  What it does.
	 * @param string $label What it says.
	 * @param string $id    To which dispatch.
	 * @param string $kind  WordPress's classes of buttons.
	 * @param string $name  Of the order.
	 */
	private static function button( string $what, string $label, string $id = '', string $kind = 'button', string $name = '' ): void {
		// What cannot be taken back.
		$warning = match ( $what ) {
			/* translators: %s: an order's number. */
			'discard' => sprintf( __( 'The service will never be told of this news of order %s. Discard it?', 'secure-dispatch' ), $name ),
			/* translators: %s: an order's number. */
			'retry_old' => sprintf( __( 'Newer news of order %s have been sent. If this is sent now, the service may take it for the latest. Send it?', 'secure-dispatch' ), $name ),
			default => null,
		};
		printf( '<form method="post" action="%s"%s>', esc_url( admin_url( 'admin-post.php' ) ), null === $warning ? '' : ' onsubmit="return confirm(' . esc_attr( (string) wp_json_encode( $warning, JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT ) ) . ')"' );
		wp_nonce_field( self::ACTION, '_wpnonce', true );
		printf(
			'<input type="hidden" name="action" value="%s"><input type="hidden" name="what" value="%s"><input type="hidden" name="id" value="%s"><button class="%s"%s>%s</button></form> ',
			esc_attr( self::ACTION ),
			esc_attr( $what ),
			esc_attr( $id ),
			esc_attr( $kind ),
			// Among many buttons of the same name, those who hear the page need to know which.
			'' === $name ? '' : ' aria-label="' . esc_attr( "$label: $name" ) . '"',
			esc_html( $label )
		);
	}
}
