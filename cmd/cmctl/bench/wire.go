package bench

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"sync"
	"time"
)

// The verbs, as the B-HLI names them.
const (
	verbSource = 's'
	verbRTT    = 'r'
	verbCalls  = 'c'
)

// userSpecific is the first octet of a B-HLI whose rest the users agree upon (Q.2931 clause 4.5.8).
const userSpecific = 0x81

// bhli returns the B-HLI of calls of a verb.
func bhli(verb byte) []byte {
	return append([]byte{userSpecific}, 'c', 'm', 'b', 'n', 'c', 'h', '1', verb)
}

// The kinds of SDU.
const (
	kindHello   = 'h'
	kindWelcome = 'w'
	kindData    = 'd'
	kindProbe   = 'p'
	kindAnswer  = 'a'
	kindFinish  = 'f'
	kindReport  = 'r'
)

// MinSize is the size of the smallest SDU that is measured with, in octets: the header.
const MinSize = 24

// header is what every SDU begins with.
type header struct {
	kind   byte
	number uint64
	at     time.Duration // since the sender's beginning
}

// magic are the octets behind the kind.
const magic = "cmB"

// castagnoli is the CRC that processors calculate.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum returns the CRC of all but the CRC.
func sum(p []byte) uint32 {
	return crc32.Update(crc32.Checksum(p[:4], castagnoli), castagnoli, p[8:])
}

// stamp writes the header of an SDU whose body stands, which has [MinSize] octets at least.
func stamp(p []byte, h header) {
	p[0] = h.kind
	copy(p[1:4], magic)
	binary.BigEndian.PutUint64(p[8:], h.number)
	binary.BigEndian.PutUint64(p[16:], uint64(h.at))
	binary.BigEndian.PutUint32(p[4:], sum(p))
}

// parse reads the header of an SDU. ok is false if that is damaged, or none of ours.
func parse(p []byte) (h header, ok bool) {
	if len(p) < MinSize || string(p[1:4]) != magic || binary.BigEndian.Uint32(p[4:]) != sum(p) {
		return header{}, false
	}
	return header{kind: p[0], number: binary.BigEndian.Uint64(p[8:]), at: time.Duration(binary.BigEndian.Uint64(p[16:]))}, true
}

const (
	// bodies is how many bodies there are, and bodyStride how far apart in the noise those of two numbers in
	// a row lie: an odd number, so that all are used.
	bodies     = 1 << 16
	bodyStride = 4099
)

// noise is what bodies are cut from, always the same.
var noise = sync.OnceValue(func() []byte {
	p := make([]byte, bodies+1<<16)
	_, _ = rand.NewChaCha8([32]byte{}).Read(p)
	return p
})

// seal writes a whole SDU.
func seal(p []byte, h header) {
	copy(p[MinSize:], noise()[h.number*bodyStride%bodies:])
	stamp(p, h)
}
