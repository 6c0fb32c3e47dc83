/** Bytes of a packet of an MPEG transport stream (ISO/IEC 13818-1, 2.4.3.2). */
const packetBytes = 188;
const syncByte = 0x47;

/** Where the encoder is told to put its one video stream; everything else tables that describe it. */
export const videoPid = 0x100;

/** Pictures that can be played without those before them, with the tables that a player needs. */
export interface PictureGroup {
	/** Whole packets. */
	readonly bytes: Uint8Array;
	/** Pictures in it. */
	readonly pictures: number;
}

/**
 * Cuts a transport stream before each key picture, so that a file may begin there. A key picture is a packet of the video
 * with its random access indicator set; the tables that stand before it go with it.
 */
export class GroupSlicer {
	#pending: Uint8Array = new Uint8Array(0);
	#group: Uint8Array[] = [];
	#pictures = 0;
	/** How many packets at the end of `#group` are tables. */
	#tables = 0;

	/** Takes what the encoder wrote; gives back the groups that are complete. Throws an `Error` for bytes that are no transport stream. */
	push(bytes: Uint8Array): PictureGroup[] {
		const all = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
		const groups: PictureGroup[] = [];
		let at = 0;
		for (; at + packetBytes <= all.length; at += packetBytes) {
			const group = this.#packet(Uint8Array.prototype.slice.call(all, at, at + packetBytes));
			if (group !== undefined) groups.push(group);
		}
		this.#pending = Uint8Array.prototype.slice.call(all, at);
		return groups;
	}

	/** What was begun, once the encoder has ended. */
	end(): PictureGroup | undefined {
		return this.#cut(this.#group.length);
	}

	#packet(packet: Uint8Array): PictureGroup | undefined {
		const [sync = 0, high = 0, low = 0, control = 0, fieldBytes = 0, field = 0] = packet;
		if (sync !== syncByte) throw new Error("The encoder's bytes are no MPEG transport stream.");
		const isVideo = (((high & 0x1f) << 8) | low) === videoPid;
		if (!isVideo) {
			this.#group.push(packet);
			this.#tables += 1;
			return undefined;
		}
		const beginsPicture = (high & 0x40) !== 0;
		const hasField = (control & 0x20) !== 0 && fieldBytes > 0;
		const isKey = beginsPicture && hasField && (field & 0x40) !== 0;
		const group = isKey ? this.#cut(this.#group.length - this.#tables) : undefined;
		this.#group.push(packet);
		this.#tables = 0;
		if (beginsPicture) this.#pictures += 1;
		return group;
	}

	/** The first packets, when there is a picture among them; the others begin the next group. */
	#cut(packets: number): PictureGroup | undefined {
		if (this.#pictures === 0) return undefined;
		const bytes = Buffer.concat(this.#group.slice(0, packets));
		const pictures = this.#pictures;
		this.#group = this.#group.slice(packets);
		this.#pictures = 0;
		return { bytes, pictures };
	}
}
