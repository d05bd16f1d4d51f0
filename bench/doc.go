// Command bench measures the terminal, each figure beside a floor measured in the same run: the same
// folder, the same settings of SQLite, rounds of both in turn. It prints a table and, as the last line,
// one JSON object for programs.
//
// A goal that is missed is printed as missed and is no failure of the program: it ends with 1 only if
// something could not be measured. It refuses a file system in memory, where an fsync costs nothing.
package main
