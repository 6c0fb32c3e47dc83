import { FIRMWARE_VERSION } from "@visionvend/firmware/version";

const major = Number.parseInt(FIRMWARE_VERSION, 10);

/** Of the same firmware, a release later. */
export const NEXT_VERSION = `${major + 1}.0.0`;
/** Of a release with a mistake in it. */
export const BROKEN_VERSION = `${major + 2}.0.0`;
/** Of something that ran long ago. */
export const OLDER_VERSION = "0.0.1";
