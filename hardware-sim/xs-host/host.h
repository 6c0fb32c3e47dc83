/* Shared by the parts of the XS host. */
#ifndef VISIONVEND_HOST_H
#define VISIONVEND_HOST_H

#include "xsAll.h"
#include "xsScript.h"
#include "xs.h"

/* frames.c: length-prefixed messages between this process and Node. */

typedef struct {
	uint8_t type;
	uint32_t length;
	/* Valid until the next receive(). One zero byte follows the body, so that text is a C string. */
	uint8_t* body;
} Frame;

void openPipes(void);
/* Waits for the next frame. Ends the process when Node has gone. */
Frame receive(void);
/* Copies the beginning of a body. Ends the process when the body is shorter. */
void copyBody(const Frame* frame, void* into, uint32_t size);
void transmit(uint8_t type, const void* head, uint32_t headLength, const void* tail, uint32_t tailLength);

/* rom.c: the part of the device that is made before it is switched on. */

/* Reads the module table. Changes `table`. */
void readModuleTable(char* table);
/* Parses every module of the table into `root`, as the linker does, so that its bytecode lies outside the JS heap. */
void linkModules(txMachine* root);
/* Runs every module that the table marks as preloaded. Throws what they throw. */
void preloadModules(xsMachine* root);
/* Makes everything that `root` holds read-only, as flash is. */
void freezeHeap(txMachine* root);
/* Makes strings and other values with bytes usable by the device. `root` is shared: it must not collect any more. */
void useChunksInPlace(txMachine* root);
/* Takes the permission to write away from all that was allocated so far. */
void lockRom(void);
bool isInRom(const void* address);
/* The module that the device starts with. */
const char* mainModule(void);
/* Bytes of bytecode of all modules. */
uint32_t bytecodeBytes(void);

/* bridge.c: what JavaScript sees of the world. */

void installBridge(txMachine* root);

/* host.c */

/* True while the ROM is built: there is no hardware yet. */
extern bool hardwareIsAbsent;

#endif
