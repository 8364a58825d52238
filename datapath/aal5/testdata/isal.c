/*
 * The other side of BenchmarkISAL: crc32_ieee of ISA-L, which is the CRC of AAL5. Each line of input is a
 * size in octets and a number of calls; the answer is the processor time of those calls in ns, and the CRC
 * of that many octets 0, 1, 2 ... 255, 0 ...
 */
#include <inttypes.h>
#include <isa-l/crc.h>
#include <stdio.h>
#include <time.h>

static unsigned char octets[1 << 16];

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int main(void)
{
	size_t size;
	long calls;

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)i;
	while (scanf("%zu %ld", &size, &calls) == 2 && size <= sizeof(octets)) {
		volatile uint32_t crc = 0;
		int64_t start = now();

		for (long i = 0; i < calls; i++)
			crc = crc32_ieee(0, octets, size);
		printf("%" PRId64 " %" PRIu32 "\n", now() - start, crc);
		fflush(stdout);
	}
	return 0;
}
