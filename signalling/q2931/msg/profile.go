package msg

import "fmt"

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

var profileNames = [...]string{UNI40: "uni4.0", UNI31: "uni3.1", UNI30: "uni3.0", Q2931: "q.2931"}

// String returns the profile as configurations and lists write it.
func (p Profile) String() string {
	if int(p) < len(profileNames) {
		return profileNames[p]
	}
	return fmt.Sprintf("Profile(%d)", uint8(p))
}

// ParseProfile reads the name of an edition of the UNI; empty is UNI 4.0.
func ParseProfile(s string) (Profile, error) {
	for _, p := range []Profile{UNI40, UNI31, UNI30} {
		if s == p.String() || s == "" {
			return p, nil
		}
	}
	return 0, fmt.Errorf("profile %q: want uni4.0, uni3.1 or uni3.0", s)
}

// Has reports whether the profile has a message type.
func (p Profile) Has(t Type) bool {
	_, known := rowOf(t, p)
	return known
}

// UNI3 reports whether the profile is UNI 3.0 or 3.1.
func (p Profile) UNI3() bool { return p == UNI31 || p == UNI30 }

// profileSet is a set of profiles, one bit each.
type profileSet uint8

const (
	since31 profileSet = 1<<UNI40 | 1<<UNI31 | 1<<UNI30 | 1<<Q2931 // in every edition
	since40 profileSet = 1<<UNI40 | 1<<Q2931
	onlyITU profileSet = 1 << Q2931
)

func (s profileSet) has(p Profile) bool { return s>>p&1 != 0 }
