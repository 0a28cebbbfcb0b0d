// What nautilus tells the processes that it starts by their environment.

/** Marks by which what a process left behind is found, whatever its session: the system, and the process in it. */
export const runVariable = 'NAUTILUS_RUN'
export const processVariable = 'NAUTILUS_PROCESS'
/** The descriptor on which a child writes `READY=1` once, with `port=N` where it chose the port itself. */
export const notifyVariable = 'NAUTILUS_NOTIFY_FD'
/** What an engine of ours is to do, as JSON. */
export const handOverVariable = 'NAUTILUS_ENGINE'
/** The folder where the bundle of engines keeps what V8 has compiled of it. */
export const codeCacheVariable = 'NAUTILUS_CODE_CACHE'
