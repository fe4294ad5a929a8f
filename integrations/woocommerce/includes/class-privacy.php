<?php
/**
 * The shop's privacy policy.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * Suggests what the policy should say.
 */
final class Privacy {

	/**
	 * Hooks into WordPress.
	 */
	public static function hook(): void {
		add_action( 'admin_init', array( self::class, 'suggest' ) );
	}

	/**
	 * The text, under Settings → Privacy → Policy Guide.
	 */
	public static function suggest(): void {
		$host = Extension::host();
		$text = '<p class="privacy-policy-tutorial">' . esc_html__( 'Name the service and why it gets orders (shipping, customer care, accounting), and link to its own privacy policy.', 'secure-dispatch' ) . '</p>'
			/* translators: %s: a host name. */
			. '<p>' . esc_html( sprintf( __( 'When you order, and when the state of your order changes, we send your order to %s over an encrypted connection: order number, state, amounts and products, names, addresses, e-mail, telephone number and your note on the order. Payment card numbers are not sent. Until that service has confirmed an order, a copy of it is kept, encrypted, on our server.', 'secure-dispatch' ), $host ) ) . '</p>';
		wp_add_privacy_policy_content( __( 'Secure Dispatch for WooCommerce', 'secure-dispatch' ), wp_kses_post( $text ) );
	}
}
