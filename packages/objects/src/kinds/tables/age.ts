const minute = 60;
const hour = 60 * minute;
const day = 24;
const year = 365 * day;

/** An age as kubectl shows it: ever coarser, two units at most (apimachinery, util/duration). */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 2 * minute) return `${seconds}s`;
  const minutes = Math.floor(seconds / minute);
  if (minutes < 10) return twoUnits(minutes, "m", [seconds % minute, "s"]);
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(seconds / hour);
  if (hours < 8) return twoUnits(hours, "h", [minutes % 60, "m"]);
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / day);
  if (hours < 8 * day) return twoUnits(days, "d", [hours % day, "h"]);
  if (hours < 2 * year) return `${days}d`;
  const years = Math.floor(days / 365);
  return hours < 8 * year ? twoUnits(years, "y", [days % 365, "d"]) : `${years}y`;
}

function twoUnits(large: number, unit: string, [small, smallUnit]: readonly [number, string]): string {
  return small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`;
}
