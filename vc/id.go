package vc

import (
	"fmt"
	"strconv"
	"strings"
)

// LinkID numbers a link of this daemon, from 1 in the order of its
// configuration. Zero names no link.
type LinkID uint16

// VPI is a virtual path identifier. Every kind of link of this daemon carries
// the paths 0 to [MaxVPI].
type VPI uint8

// VCI is a virtual channel identifier, 16 bits (I.361 clause 2.2.3).
type VCI uint16 //nolint:revive // the name of the field, in every Recommendation

const (
	// MaxVPI is the highest path identifier on a link. A label has four bits
	// for VPI+1, which leaves fifteen paths.
	MaxVPI VPI = 14
	// MinCallVCI is the lowest channel that a call may use: 0 to 31 are
	// reserved by I.361 and UNI 3.1 clause 3.
	MinCallVCI VCI = 32
)

// ID names a branch: one virtual channel on one link. It is comparable and
// passed by value.
type ID struct {
	Link LinkID
	VPI  VPI
	VCI  VCI
}

// Signalling is the channel that carries SSCOP and Q.2931 on every link
// (Q.2931 clause 1, UNI 3.1 clause 5.2): VPI 0, VCI 5.
func Signalling(link LinkID) ID { return ID{Link: link, VPI: 0, VCI: 5} }

// Callable reports whether a call may use the channel: a path up to [MaxVPI]
// and a channel from [MinCallVCI] up.
func (id ID) Callable() bool { return id.VPI <= MaxVPI && id.VCI >= MinCallVCI }

// String formats the identifier as "link:vpi/vci".
func (id ID) String() string {
	return fmt.Sprintf("%d:%d/%d", id.Link, id.VPI, id.VCI)
}

// Handle names an object of the client model: an address family, a SAP, a VC
// or a party. The upper half is a generation, so that a handle is not used
// again while somebody could still hold the old one. Zero is no handle.
type Handle uint64

// String formats the handle as 0x and hexadecimal digits without leading
// zeros, a form that [ParseHandle] reads.
func (h Handle) String() string { return "0x" + strconv.FormatUint(uint64(h), 16) }

// ParseHandle reads a handle as [Handle.String] prints it or as a decimal
// number.
func ParseHandle(s string) (Handle, error) {
	digits, hex := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), "0x")
	base := 10
	if hex {
		base = 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("vc: %q is no handle: want a number such as 0x100000007, as the lists print it", s)
	}
	return Handle(n), nil
}
