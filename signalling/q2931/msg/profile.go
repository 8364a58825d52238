package msg

// Profile is the edition of the UNI that the peer speaks. The zero value is UNI 4.0. It decides
// which message types and elements exist.
type Profile uint8

// The profiles.
const (
	UNI40 Profile = iota
	UNI31
	UNI30
	// Q2931 is UNI 4.0 with the messages and elements of Q.2931 4.6 (interworking with N-ISDN)
	// and of Q.2932 (generic functional protocol), which UNI 4.0 leaves out.
	Q2931
)

// profileSet is a set of profiles, one bit each.
type profileSet uint8

const (
	since31 profileSet = 1<<UNI40 | 1<<UNI31 | 1<<UNI30 | 1<<Q2931 // in every edition
	since40 profileSet = 1<<UNI40 | 1<<Q2931
	onlyITU profileSet = 1 << Q2931
)

func (s profileSet) has(p Profile) bool { return s>>p&1 != 0 }
