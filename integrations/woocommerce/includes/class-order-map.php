<?php
/**
 * WC_Order to what is sent.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * Names and shapes are those of WooCommerce's REST API (v3), as far as the extension's built-in schema has them: no meta data, no IP
 * address, no user agent, no payment token. Amounts are decimal strings, dates RFC 3339 in UTC.
 */
final class Order_Map {

	/**
	 * The order as it is to be sent.
	 *
	 * It must be the same for the same order, or it is taken for a change: so the time of the last change is not in it, which
	 * WooCommerce moves whenever anything is saved.
	 *
	 * @param \WC_Order $order The order.
	 */
	public static function of( \WC_Order $order ): array {
		$content = array(
			'id'                   => $order->get_id(),
			'number'               => (string) $order->get_order_number(),
			'parent_id'            => $order->get_parent_id(),
			'status'               => $order->get_status(),
			'currency'             => $order->get_currency(),
			'prices_include_tax'   => (bool) $order->get_prices_include_tax(),
			'date_created'         => self::date( $order->get_date_created() ),
			'date_paid'            => self::date( $order->get_date_paid() ),
			'date_completed'       => self::date( $order->get_date_completed() ),
			'discount_total'       => self::money( $order->get_discount_total() ),
			'discount_tax'         => self::money( $order->get_discount_tax() ),
			'shipping_total'       => self::money( $order->get_shipping_total() ),
			'shipping_tax'         => self::money( $order->get_shipping_tax() ),
			'cart_tax'             => self::money( $order->get_cart_tax() ),
			'total'                => self::money( $order->get_total() ),
			'total_tax'            => self::money( $order->get_total_tax() ),
			'payment_method'       => $order->get_payment_method(),
			'payment_method_title' => $order->get_payment_method_title(),
			'customer_id'          => $order->get_customer_id(),
			'billing'              => self::address( $order, 'billing' ),
			'shipping'             => self::address( $order, 'shipping' ),
			'customer_note'        => $order->get_customer_note(),
			'line_items'           => self::lines( $order, 'line_item', self::product( ... ) ),
			'shipping_lines'       => self::lines( $order, 'shipping', self::shipping( ... ) ),
			'coupon_lines'         => self::lines( $order, 'coupon', self::coupon( ... ) ),
			'fee_lines'            => self::lines( $order, 'fee', self::fee( ... ) ),
			'tax_lines'            => self::lines( $order, 'tax', self::tax( ... ) ),
			'refunds'              => array_map( self::refund( ... ), array_values( $order->get_refunds() ) ),
		);

		/**
		 * Filters what is sent of an order.
		 *
		 * The extension's schema still decides what of it leaves, so that nothing can be added here that it does not name. It has to be the
		 * same whenever nothing of the order has changed: a value that is new at each call has the order sent at each call.
		 *
		 * @since 0.1.0
		 *
		 * @param array     $content What is sent.
		 * @param \WC_Order $order   The order.
		 */
		$content = (array) apply_filters( 'secure_dispatch_order', $content, $order );
		// What the order is, is not the filter's to say: receipts, lanes and keys go by it.
		$content['id']     = $order->get_id();
		$content['status'] = $order->get_status();
		if ( is_multisite() ) {
			// Other sites have orders of the same ids, which must not wait for each other in the outbox.
			$content['order_id'] = get_current_blog_id() . '-' . $order->get_id();
		}
		return $content;
	}

	/**
	 * By what two contents are the same: all of it, but of moments only whether they have come. Two processes that pay one order at the same
	 * time each write their own.
	 *
	 * @param array $content What is sent.
	 */
	public static function digest( array $content ): string {
		foreach ( array( 'date_paid', 'date_completed' ) as $moment ) {
			$content[ $moment ] = isset( $content[ $moment ] );
		}
		return hash( 'sha256', (string) wp_json_encode( $content, JSON_PARTIAL_OUTPUT_ON_ERROR ) );
	}

	/**
	 * A billing or shipping address.
	 *
	 * @param \WC_Order $order The order.
	 * @param string    $kind  billing or shipping.
	 */
	private static function address( \WC_Order $order, string $kind ): array {
		$fields = array( 'first_name', 'last_name', 'company', 'address_1', 'address_2', 'city', 'state', 'postcode', 'country', 'phone' );
		if ( 'billing' === $kind ) {
			$fields[] = 'email';
		}
		return array_combine( $fields, array_map( static fn ( string $field ) => (string) $order->{"get_{$kind}_$field"}(), $fields ) );
	}

	/**
	 * The lines of one type.
	 *
	 * @param \WC_Abstract_Order $order The order or refund.
	 * @param string             $type  WooCommerce's name of the type.
	 * @param callable           $line  What makes a line of an item.
	 */
	private static function lines( \WC_Abstract_Order $order, string $type, callable $line ): array {
		return array_map( $line, array_values( $order->get_items( $type ) ) );
	}

	/**
	 * A product.
	 *
	 * @param \WC_Order_Item_Product $item The item.
	 */
	private static function product( \WC_Order_Item_Product $item ): array {
		$product  = $item->get_product();
		$quantity = $item->get_quantity();
		return array(
			'id'           => $item->get_id(),
			'name'         => $item->get_name(),
			'sku'          => $product instanceof \WC_Product ? (string) $product->get_sku() : '',
			'product_id'   => $item->get_product_id(),
			'variation_id' => $item->get_variation_id(),
			'quantity'     => $quantity,
			'price'        => self::money( 0.0 !== (float) $quantity ? (float) $item->get_total() / (float) $quantity : 0 ),
			'subtotal'     => self::money( $item->get_subtotal() ),
			'subtotal_tax' => self::money( $item->get_subtotal_tax() ),
			'total'        => self::money( $item->get_total() ),
			'total_tax'    => self::money( $item->get_total_tax() ),
			'tax_class'    => $item->get_tax_class(),
		);
	}

	/**
	 * A way of shipping.
	 *
	 * @param \WC_Order_Item_Shipping $item The item.
	 */
	private static function shipping( \WC_Order_Item_Shipping $item ): array {
		return array(
			'id'           => $item->get_id(),
			'method_title' => $item->get_method_title(),
			'method_id'    => $item->get_method_id(),
			'instance_id'  => (string) $item->get_instance_id(),
			'total'        => self::money( $item->get_total() ),
			'total_tax'    => self::money( $item->get_total_tax() ),
		);
	}

	/**
	 * A coupon.
	 *
	 * @param \WC_Order_Item_Coupon $item The item.
	 */
	private static function coupon( \WC_Order_Item_Coupon $item ): array {
		return array(
			'id'           => $item->get_id(),
			'code'         => $item->get_code(),
			'discount'     => self::money( $item->get_discount() ),
			'discount_tax' => self::money( $item->get_discount_tax() ),
		);
	}

	/**
	 * A fee.
	 *
	 * @param \WC_Order_Item_Fee $item The item.
	 */
	private static function fee( \WC_Order_Item_Fee $item ): array {
		return array(
			'id'        => $item->get_id(),
			'name'      => $item->get_name(),
			'tax_class' => $item->get_tax_class(),
			'total'     => self::money( $item->get_total() ),
			'total_tax' => self::money( $item->get_total_tax() ),
		);
	}

	/**
	 * A tax rate.
	 *
	 * @param \WC_Order_Item_Tax $item The item.
	 */
	private static function tax( \WC_Order_Item_Tax $item ): array {
		$percent = $item->get_rate_percent();
		return array(
			'id'                 => $item->get_id(),
			'rate_code'          => $item->get_rate_code(),
			'label'              => $item->get_label(),
			'rate_percent'       => is_numeric( $percent ) ? (float) $percent : null,
			'compound'           => (bool) $item->get_compound(),
			'tax_total'          => self::money( $item->get_tax_total() ),
			'shipping_tax_total' => self::money( $item->get_shipping_tax_total() ),
		);
	}

	/**
	 * A refund.
	 *
	 * @param \WC_Order_Refund $refund The refund.
	 */
	private static function refund( \WC_Order_Refund $refund ): array {
		return array(
			'id'           => $refund->get_id(),
			'date_created' => self::date( $refund->get_date_created() ),
			'reason'       => (string) $refund->get_reason(),
			'amount'       => self::money( $refund->get_amount() ),
			'total'        => self::money( $refund->get_total() ),
			'total_tax'    => self::money( $refund->get_total_tax() ),
			'line_items'   => self::lines( $refund, 'line_item', self::product( ... ) ),
		);
	}

	/**
	 * An amount as a decimal string, with the shop's number of decimals, as in WooCommerce's REST API.
	 *
	 * @param mixed $amount As WooCommerce has it.
	 */
	private static function money( $amount ): string {
		return (string) wc_format_decimal( $amount, wc_get_price_decimals() );
	}

	/**
	 * A moment in UTC: the same whatever the shop's time zone becomes.
	 *
	 * @param \WC_DateTime|null $date The moment.
	 */
	private static function date( ?\WC_DateTime $date ): ?string {
		return $date ? gmdate( 'Y-m-d\TH:i:s\Z', $date->getTimestamp() ) : null;
	}
}
