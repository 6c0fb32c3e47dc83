/** What the display says, at most 21 characters a line (10 in large letters). */
export interface ScreenMessages {
	readonly tapToUnlock: string;
	readonly doorUnlocked: string;
	readonly pleaseWait: string;
	readonly doorOpen: string;
	readonly closeDoor: string;
	readonly thankYou: string;
	readonly items: string;
	readonly total: string;
	readonly noCharge: string;
	readonly review: string;
	readonly outOfService: string;
}

export type ScreenLanguage = "en" | "es";

/** Screen strings by language (BCP 47 primary subtag). */
export const messages: Readonly<Record<ScreenLanguage, ScreenMessages>> = Object.freeze({
	en: Object.freeze({
		tapToUnlock: "Tap to Unlock",
		doorUnlocked: "Door Unlocked",
		pleaseWait: "Please wait...",
		doorOpen: "Take what you like",
		closeDoor: "Please close the door",
		thankYou: "Thank you!",
		items: "Items",
		total: "Total",
		noCharge: "No Charge",
		review: "We will check & mail",
		outOfService: "Out of service",
	}),
	es: Object.freeze({
		tapToUnlock: "Acerque su móvil",
		doorUnlocked: "Puerta abierta",
		pleaseWait: "Espere...",
		doorOpen: "Tome lo que guste",
		closeDoor: "Cierre la puerta",
		thankYou: "¡Gracias!",
		items: "Artículos",
		total: "Total",
		noCharge: "Sin cargo",
		review: "Lo revisaremos",
		outOfService: "Fuera de servicio",
	}),
});
