/** How one driver is called: in paths, as a class, as a variable. */
export interface DriverName {
	/** `light-curtain` */
	readonly folder: string;
	/** `LightCurtain` */
	readonly className: string;
	/** `lightCurtain` */
	readonly variable: string;
}

/** Folders of the room that hold no driver, and names whose classes the IO contracts have already. */
const taken: readonly string[] = ["dist", "src", "test", "node-modules", "strings", "digital", "timer", "connection"];
const taxing = 40;

/** Throws a RangeError that says what a good name is. `existing` are the folders that are there. */
export function driverName(name: string, existing: readonly string[]): DriverName {
	const suggestion = name
		.replace(/([a-z0-9])([A-Z])/g, "$1-$2")
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, "-")
		.replace(/^[-0-9]+|-+$/g, "");
	const instead = suggestion !== "" && suggestion !== name ? ` Try "${suggestion}".` : "";
	if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
		throw new RangeError(
			`"${name}" is no name for a driver: small letters and digits, words joined by "-", a letter first.${instead}`,
		);
	if (name.length > taxing) throw new RangeError(`"${name}" is too long: ${taxing} characters at most.`);
	if (existing.includes(name)) throw new RangeError(`drivers/${name} is there already. Choose another name.`);
	if (taken.includes(name)) throw new RangeError(`"${name}" is taken by the house. Choose another name.`);
	const words = name.split("-");
	const className = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
	return { folder: name, className, variable: className.slice(0, 1).toLowerCase() + className.slice(1) };
}
