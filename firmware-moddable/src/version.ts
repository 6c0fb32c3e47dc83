/** What the controller says that it runs. The same as in package.json; a test compares both. */
export const FIRMWARE_VERSION = "0.1.0";
