package params

import "callmanager/signalling/q2931/ie"

// maxUserUser is the most that the element holds.
const maxUserUser = 128

// UserUser makes the user-user element (Q.2957, UNI 4.0); nil for none. What is too long is none: the
// client model has refused it.
func UserUser(b []byte) *ie.UserUser {
	if len(b) == 0 || len(b) > maxUserUser {
		return nil
	}
	return &ie.UserUser{Data: b}
}
