import type Stripe from "stripe";
import type { Account, Call } from "./account.ts";
import { idOf } from "./account.ts";
import { missingResource } from "./api-error.ts";
import { mergeMetadata, type Parameters } from "./parameters.ts";

export class Customers {
	readonly #account: Account;

	constructor(account: Account) {
		this.#account = account;
	}

	create(call: Call): Stripe.Customer {
		const id = this.#account.newId("cus");
		const customer: Stripe.Customer = {
			id,
			object: "customer",
			address: null,
			balance: 0,
			created: this.#account.now,
			currency: null,
			default_source: null,
			delinquent: false,
			description: null,
			discount: null,
			email: null,
			invoice_prefix: id.slice(-8).toUpperCase(),
			invoice_settings: {
				custom_fields: null,
				default_payment_method: null,
				footer: null,
				rendering_options: null,
			},
			livemode: false,
			metadata: {},
			name: null,
			next_invoice_sequence: 1,
			phone: null,
			preferred_locales: [],
			shipping: null,
			tax_exempt: "none",
			test_clock: null,
		};
		this.#apply(customer, call.parameters);
		this.#account.customers.add(customer);
		this.#account.emit("customer.created", customer, call.origin);
		return customer;
	}

	update(call: Call): Stripe.Customer {
		const customer = this.#account.customers.get(call.id);
		this.#apply(customer, call.parameters);
		this.#account.emit("customer.updated", customer, call.origin);
		return customer;
	}

	retrieve(call: Call): Stripe.Customer {
		call.parameters.end();
		return this.#account.customers.get(call.id);
	}

	list(call: Call): Stripe.ApiList<Stripe.Customer> {
		const email = call.parameters.text("email");
		return this.#account.customers.list(call.parameters, (customer) => email === undefined || customer.email === email);
	}

	paymentMethods(call: Call): Stripe.ApiList<Stripe.PaymentMethod> {
		this.#account.customers.get(call.id);
		call.parameters.oneOf("type", ["card"]);
		return this.#account.paymentMethods.list(call.parameters, (method) => idOf(method.customer) === call.id);
	}

	#apply(customer: Stripe.Customer, parameters: Parameters): void {
		const email = parameters.text("email");
		const name = parameters.text("name");
		const phone = parameters.text("phone");
		const description = parameters.text("description");
		const settings = parameters.nested("invoice_settings");
		const defaultMethod = settings?.text("default_payment_method");
		const metadata = parameters.metadata();
		parameters.ignore("address", "preferred_locales", "shipping", "tax_exempt");
		parameters.end();
		if (defaultMethod !== undefined) {
			const method = this.#account.paymentMethods.get(defaultMethod, "invoice_settings[default_payment_method]");
			if (idOf(method.customer) !== customer.id) {
				throw missingResource("PaymentMethod", defaultMethod, "invoice_settings[default_payment_method]");
			}
			customer.invoice_settings.default_payment_method = defaultMethod;
		}
		if (email !== undefined) customer.email = email;
		if (name !== undefined) customer.name = name;
		if (phone !== undefined) customer.phone = phone;
		if (description !== undefined) customer.description = description;
		mergeMetadata(customer.metadata, metadata);
	}
}
