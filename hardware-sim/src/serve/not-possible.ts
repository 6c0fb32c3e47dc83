/** A person asked for something that the world does not allow now. The message is for them. */
export class NotPossible extends Error {
	override readonly name = "NotPossible";
}
