// Package sim plays whole days of a lane and looks whether money was lost or taken twice.
//
// One seed is one day: the real engine (pos/payment) and the real register (pos/register) run in a
// testing/synctest bubble with a journal, a host, a network, devices, a cashier and a shopper that all
// misbehave. In the evening everything works again, the queue is given its time, a person settles what
// is left, and the checkers compare the host's ledger with the journal, the drawer and what the cashier
// was shown.
//
// Three things keep a seed's day the same at each replay. Each actor draws from a stream of its own,
// named by what it is about and not by when it is asked. Each wait has a random number of nanoseconds, so
// that no two actors wake at the same moment. No select has two ready channels.
//
// The simulation is a test, since a bubble needs one: `make sim SEEDS=2000` runs a campaign, `make sim
// SEED=7` replays one day and prints its events, `make mutants` plants defects and wants each found.
package sim
