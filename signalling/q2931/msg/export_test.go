package msg

import "callmanager/signalling/q2931/ie"

// Slot is a table slot for the tests.
type Slot struct {
	ID     ie.ID
	Copies int
}

// Slots returns what a message may carry under a profile.
func Slots(t Type, p Profile) []Slot {
	r, known := rowOf(t, p)
	if !known {
		return nil
	}
	var s []Slot
	for _, x := range r.slots {
		if x.profiles.has(p) {
			s = append(s, Slot{x.id, int(x.copies)})
		}
	}
	return s
}

// Types returns the message types of a profile.
func Types(p Profile) []Type {
	var s []Type
	for i := range table {
		if table[i].profiles.has(p) {
			s = append(s, table[i].typ)
		}
	}
	return s
}

// CheckTable runs the start-up check on a table of one row with one slot.
func CheckTable(t Type, name string, id ie.ID, copies int) {
	index([]row{{typ: t, name: name, profiles: since40, slots: []slot{{id, optional, uint8(copies), since40}}}})
}

// Size returns how many elements a message has by its own count.
func Size(m *Message) int { return m.size() }
