/** What the display says: at most 21 characters, one line, and in large letters at most three lines of 10. */
export interface ScreenMessages {
	readonly tapToUnlock: string;
	/** In front of a machine that hands things out. */
	readonly tapToBuy: string;
	readonly doorUnlocked: string;
	readonly pleaseWait: string;
	readonly doorOpen: string;
	readonly closeDoor: string;
	readonly thankYou: string;
	readonly items: string;
	/** After a number: things that are not listed. */
	readonly more: string;
	readonly total: string;
	readonly noCharge: string;
	readonly review: string;
	readonly outOfService: string;
	/** What was ordered is on its way out. */
	readonly delivering: string;
	/** Somebody fills or mends the machine. */
	readonly service: string;
	/** The food has been too warm, or nobody knows. */
	readonly foodSafety: string;
	readonly lowBattery: string;
}

export type ScreenLanguage = "en" | "es";

/** Screen strings by language (BCP 47 primary subtag). */
export const messages: Readonly<Record<ScreenLanguage, ScreenMessages>> = Object.freeze({
	en: Object.freeze({
		tapToUnlock: "Tap to Unlock",
		tapToBuy: "Tap to Buy",
		doorUnlocked: "Door Unlocked",
		pleaseWait: "Please wait...",
		doorOpen: "Take what you like",
		closeDoor: "Please close the door",
		thankYou: "Thank you!",
		items: "Items",
		more: "more",
		total: "Total",
		noCharge: "No Charge",
		review: "Receipt to follow",
		outOfService: "Out of service",
		delivering: "Coming up...",
		service: "Restocking",
		foodSafety: "No sale: food safety",
		lowBattery: "Low battery",
	}),
	es: Object.freeze({
		tapToUnlock: "Acerque su móvil",
		tapToBuy: "Acerque su móvil",
		doorUnlocked: "Puerta abierta",
		pleaseWait: "Espere...",
		doorOpen: "Tome lo que guste",
		closeDoor: "Cierre la puerta",
		thankYou: "¡Gracias!",
		items: "Artículos",
		more: "más",
		total: "Total",
		noCharge: "Sin cargo",
		review: "Recibo pendiente",
		outOfService: "Fuera de servicio",
		delivering: "Ya sale...",
		service: "Reposición",
		foodSafety: "Sin venta: revisión",
		lowBattery: "Batería baja",
	}),
});
