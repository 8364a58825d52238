// Package terms says what a client may ask of a call, and fills in what it leaves open. It knows no call and
// no link: it turns what was asked, offered or granted into what is meant, or says what is wrong with it.
//
//	MakeCall, AddParty    ── CheckCompatibility, OneWay, Fallback, QoS ─▶ SETUP, ADD PARTY
//	ModifyCallQoS         ── Modified, Fallback ────────────────────────▶ MODIFY REQUEST
//	IncomingCallComplete  ── Altered ───────────────────────────────────▶ CONNECT
//	CloseCall, DropParty  ── Cause ─────────────────────────────────────▶ RELEASE, DROP PARTY
//	the client            ◀─ InForce ──────────────────────────────────── CONNECT, ADD PARTY ACKNOWLEDGE
//
// Concurrency: there are functions without state alone. They change nothing that they are given.
package terms
