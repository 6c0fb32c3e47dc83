/*
 * What XS asks of the machine it runs on. XS includes this file through XSPLATFORM; the defaults of XS (xsPlatform.h)
 * fill in the rest.
 */
#ifndef VISIONVEND_PLATFORM_H
#define VISIONVEND_PLATFORM_H

#undef mxLittleEndian
#define mxLittleEndian 1
#if defined(__APPLE__)
	#undef mxMacOSX
	#define mxMacOSX 1
#else
	#undef mxLinux
	#define mxLinux 1
#endif
#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int txSocket;

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1

/* Our own fields of every machine. */
#define mxMachinePlatform \
	int abortStatus; \
	int hasPromiseJobs; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink;

/* Moddable's devices keep strings in CESU-8 and symbols in 16 bits; XS needs 32 bits of symbol in a 64-bit build. */
#define mxCESU8 1
#if INTPTR_MAX == INT64_MAX
	#define mx32bitID 1
#endif

/* Date and Math.random see the simulation's time and chance only. */
extern int visionvendTimeOfDay(struct timeval* result, void* zone);
extern int visionvendRandom(void);
typedef struct timeval c_timeval;
#define c_timezone timezone
#define c_gettimeofday(RESULT, ZONE) visionvendTimeOfDay(RESULT, ZONE)
#define c_rand visionvendRandom
#define C_RAND_MAX 0x7fffffff

#endif
