// Package robot is a person at the till: it presses keys on a simulated terminal and reads the screen.
//
// It works inside a testing/synctest bubble, where idle is synctest.Wait, so that nothing in it sleeps or
// guesses. What it reads is the text of the screen as a terminal would show it.
package robot
